import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SlowLaneClient } from '@slowlane/client';
import { SlowLaneError } from '@slowlane/contracts';
import type { Command, LocalCommands } from './command.ts';
import { commands } from './commands.ts';
import { groups } from './groups.ts';
import { runProgram } from './program.ts';

function terminal() {
  let text = '';
  return { write: (more: string) => void (text += more), text: () => text };
}

async function run(argv: string[], local: Partial<LocalCommands> = {}, client: () => SlowLaneClient = nobody) {
  const stdout = terminal();
  const stderr = terminal();
  const code = await runProgram(argv, {
    version: '1.2.3',
    stdout,
    stderr,
    context: {
      client,
      local: local as LocalCommands,
      signal: new AbortController().signal,
    },
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function nobody(): never {
  throw new SlowLaneError('cli.not-running', 'nothing answers');
}

describe('the command line', () => {
  it('has help for every command', async () => {
    for (const { name, summary } of commands) {
      const { code, stdout } = await run([...name.split(' '), '--help']);
      expect(code, name).toBe(0);
      expect(stdout.replace(/\s+/g, ' '), name).toContain(summary.slice(0, 40).replace(/\s+/g, ' '));
      expect(stdout, name).toContain('--json');
    }
  });

  it('prints one JSON document on stdout with --json', async () => {
    const { code, stdout } = await run(['down', '--json'], { down: async () => ({ ended: ['service'] }) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ended: ['service'] });
  });

  it('keeps stdout a single document when a command fails, with code and hint, and exits in the range of its area', async () => {
    const { code, stdout, stderr } = await run(['request', 'ls', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'cli.not-running', hint: expect.stringContaining('./slowlane up') },
    });
    expect(stderr).toContain('nothing answers');
  });

  it('says what is wrong with the call for an unknown command and a missing argument', async () => {
    expect(await run(['biuld'])).toMatchObject({ code: 2, stderr: expect.stringContaining('build') });
    expect(await run(['request', 'show'])).toMatchObject({ code: 2, stderr: expect.stringContaining('id') });
  });

  it.each([
    [['bogus'], "unknown command 'bogus'", 'slowlane --help'],
    [['request', 'lst'], 'Did you mean ls?', 'slowlane request --help'],
    [['request', 'ls', '--stat', 'failed'], 'Did you mean --state?', 'slowlane request ls --help'],
    [['workspace', 'fault', 'add'], "missing required argument 'kind'", 'slowlane workspace fault add --help'],
    [['request', 'show', 'a', 'b'], 'too many arguments', 'slowlane request show --help'],
  ])(
    'tells a wrong call with code and hint, on stdout as JSON where that is asked for: %j',
    async (argv, what, help) => {
      const plain = await run(argv);
      expect(plain).toMatchObject({ code: 2, stdout: '' });
      expect(plain.stderr).toContain(what);
      expect(plain.stderr).toContain('cli.usage');
      expect(plain.stderr).toContain(`Run: ${help}`);
      const { code, stdout } = await run([...argv, '--json']);
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: 'cli.usage', message: expect.stringContaining(what) as string },
      });
    },
  );

  it.each([
    [['gate', 'pause', 'op:x', '--for', 'soon'], '--for must be a duration, but is "soon"'],
    [['gate', 'set', 'op:x', 'many'], 'the limit must be a whole number, but is "many"'],
    [['request', 'ls', '--limit', 'x'], '--limit must be a whole number, but is "x"'],
    [['request', 'create', 'x', '--data', '{}', '--priority', 'high'], '--priority must be a whole number'],
    [['token', 'create', 'ci'], '--scope is missing'],
    [['gate', 'metric', 'erp-load', 'high'], 'the value must be a number, but is "high"'],
    [['test', 'chaos', '--minutes', 'long'], '--minutes must be a whole number, but is "long"'],
  ])('refuses a value that is none, by name: %j', async (argv, message) => {
    // A client that answers everything: the value must be refused before it is called.
    const { code, stderr } = await run(argv, {}, () => new Proxy({}, { get: () => async () => ({}) }) as never);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('says of every group what it is for', async () => {
    const words = new Set(commands.map(({ name }) => name.split(' ').slice(0, -1).join(' ')));
    for (const group of words) {
      if (group === '' || commands.some(({ name }) => name === group)) continue;
      expect(groups, group).toHaveProperty([group]);
      expect((await run([...group.split(' '), '--help'])).stdout, group).toContain(groups[group]?.slice(0, 30));
    }
    expect(words).toEqual(new Set(['', 'build', ...Object.keys(groups)]));
  });

  it('exits with 1 when a test failed, and closes with the counts', async () => {
    const { code, stdout } = await run(['test', 'unit'], {
      test: async () => ({ outcomes: [], passed: 3, failed: 1, skipped: 0 }),
    });
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('3 passed, 1 failed');
  });

  it('gives an option to the command it stands behind, also where a shorter command has the same', async () => {
    const { stdout, code } = await run(['build', 'ls', '--pipeline', 'x', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toHaveProperty('error.code', 'cli.not-running');
  });

  it('takes a repeated option as a list', async () => {
    const { stderr, code } = await run(['token', 'create', 'ci', '--scope', 'read', '--scope', 'push:x']);
    expect(code).toBe(2);
    expect(stderr).toContain('nothing answers');
  });
});

describe('the list of commands', () => {
  it('has every command that a file defines', async () => {
    const folder = new URL('./commands/', import.meta.url);
    const names = (await readdir(folder)).filter((name) => !name.endsWith('.test.ts'));
    const files = await Promise.all(
      names.map((name) => import(new URL(name, folder).href) as Promise<Record<string, Command>>),
    );
    const defined = files.flatMap((file) => Object.values(file).map((command) => command.name));
    expect(commands.map(({ name }) => name).sort()).toEqual(defined.sort());
  });
});
