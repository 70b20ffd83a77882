import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import type { Command, LocalCommands } from './command.ts';
import { commands } from './commands.ts';
import { runProgram } from './program.ts';

function terminal() {
  let text = '';
  return { write: (more: string) => void (text += more), text: () => text };
}

async function run(argv: string[], local: Partial<LocalCommands> = {}) {
  const stdout = terminal();
  const stderr = terminal();
  const code = await runProgram(argv, {
    version: '1.2.3',
    stdout,
    stderr,
    context: {
      client: () => {
        throw new SlowLaneError('cli.not-running', 'nothing answers');
      },
      local: local as LocalCommands,
      signal: new AbortController().signal,
    },
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
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
