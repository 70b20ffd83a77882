import type { Sandbox } from '@slowlane/contracts';
import { equal, fails, holds } from './check.ts';
import { outcomeOf, runInSandbox, shellInSandbox } from './run-in-sandbox.ts';
import type { Checks, SuiteContext } from './sandbox-contract-suite.ts';

const net = { mode: 'none' } as const;

/** Attached sandboxes: `create`, and what a `Sandbox` promises. */
export const sandboxChecks: Checks = {
  'a program gets its arguments and gives output and exit code': (context) =>
    within(context, {}, async (sandbox) => {
      const argv = ['/bin/sh', '-c', 'printf "%s|" "$@"; echo err >&2; exit 3', 'x', 'a b', '', '$HOME', '--'];
      const { end, stdout, stderr } = await runInSandbox(sandbox, { argv });
      equal(
        { stdout, stderr, reason: end.reason, code: end.code, signal: end.signal },
        {
          ...{ stdout: 'a b||$HOME|--|', stderr: 'err\n' },
          ...{ reason: 'exit', code: 3, signal: null },
        },
      );
    }),
  'a program reads what is written to stdin, until its end': (context) =>
    within(context, {}, async (sandbox) => {
      const input = 'line\n'.repeat(100_000);
      equal((await runInSandbox(sandbox, { argv: ['/usr/bin/wc', '-c'], input })).stdout.trim(), String(input.length));
    }),
  'a program can open its own /dev/stderr': (context) =>
    within(context, {}, async (sandbox) =>
      equal((await shellInSandbox(sandbox, 'echo x > /dev/stderr')).stderr, 'x\n'),
    ),
  'a program sees the environment of the specification and of the command, and no other': (context) =>
    within(context, { env: { A: '1', B: '2' } }, async (sandbox) => {
      const { stdout } = await runInSandbox(sandbox, { argv: ['/usr/bin/env'], env: { B: 'two words' } });
      const names = stdout.split('\n').filter((line) => line !== '' && !/^(PATH|PWD|SHLVL|_)=/.test(line));
      equal(names.sort(), ['A=1', 'B=two words']);
    }),
  'a program that kills itself ends by that signal': (context) =>
    within(context, {}, async (sandbox) => {
      const { end } = await shellInSandbox(sandbox, 'kill -9 $$');
      equal([end.reason, end.code, end.signal], ['signal', null, 'SIGKILL']);
    }),
  'programs run side by side over one work volume': (context) =>
    within(context, {}, async (sandbox) => {
      // Each waits for a file that the other makes.
      const meet = (mine: string, theirs: string): string =>
        `touch ${mine}; until [ -e ${theirs} ]; do sleep 0.01; done; echo met`;
      const both = await Promise.all([
        shellInSandbox(sandbox, meet('a', 'b')),
        shellInSandbox(sandbox, meet('b', 'a')),
      ]);
      equal(
        both.map((one) => one.stdout),
        ['met\n', 'met\n'],
      );
    }),
  'output that nobody reads holds the program up and is not lost': (context) =>
    within(context, {}, async (sandbox) => {
      const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'head -c 3000000 /dev/zero; echo end >&2'], net });
      running.stdin.end();
      const { stdout, stderr } = await outcomeOf(running);
      equal([stdout.length, stderr], [3_000_000, 'end\n']);
    }),
  'a program goes on when its reader has lost interest': (context) =>
    within(context, {}, async (sandbox) => {
      const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'head -c 3000000 /dev/zero; exit 5'], net });
      running.stdin.end();
      running.stdout.destroy();
      running.stderr.resume();
      equal((await running.done).code, 5);
    }),
  'wall time ends a program that ignores TERM': (context) =>
    within(context, context.limits({ wallMs: 300 }), async (sandbox) => {
      const { end } = await shellInSandbox(sandbox, 'trap "" TERM; while :; do sleep 1; done');
      equal([end.reason, end.code], ['timeout', null]);
    }),
  'a program that says nothing for long ends as idle, one that goes on talking does not': (context) =>
    within(context, context.limits({ idleMs: 1_500 }), async (sandbox) => {
      equal((await shellInSandbox(sandbox, 'echo x; exec sleep 60')).end.reason, 'idle');
      equal(
        (
          await shellInSandbox(
            sandbox,
            'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do echo x; sleep 0.1; done',
          )
        ).end.reason,
        'exit',
      );
    }),
  'too much output ends the program, and what fits is kept': (context) =>
    within(context, context.limits({ outputBytes: 100_000 }), async (sandbox) => {
      const { end, stdout } = await shellInSandbox(sandbox, 'exec yes');
      equal([end.reason, stdout.length], ['output', 100_000]);
    }),
  'killAll ends every program as cancelled': (context) =>
    within(context, {}, async (sandbox) => {
      const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'echo up; exec sleep 60'], net });
      await new Promise((resolve) => running.stdout.once('data', resolve));
      await sandbox.killAll();
      equal((await running.done).reason, 'cancelled');
    }),
  'collect gives the matched regular files, and is refused while a program runs': (context) =>
    within(context, {}, async (sandbox) => {
      await shellInSandbox(
        sandbox,
        'mkdir -p out/deep; echo 1 > out/a.jar; echo 2 > out/deep/.b.jar; echo 3 > c.txt; ln -s a.jar out/l.jar',
      );
      const running = await sandbox.exec({ argv: ['/bin/sleep', '60'], net });
      await fails('sandbox.refused', () => sandbox.collect(['**']));
      await sandbox.killAll();
      await running.done;
      equal(await collected(sandbox, ['out/*.jar']), ['out/a.jar']);
      equal(await collected(sandbox, ['out/**/*.jar', 'nothing']), ['out/a.jar', 'out/deep/.b.jar']);
      equal(await collected(sandbox, ['{c,d}.txt', 'out/?.jar']), ['c.txt', 'out/a.jar']);
      equal(await collected(sandbox, ['nothing']), []);
    }),
  'a snapshot is what a later volume starts from, and stays as it was': async (context) => {
    const key = `suite ${context.spec().id}`;
    await within(context, {}, async (sandbox) => {
      await shellInSandbox(sandbox, 'mkdir -p home; echo kept > home/file');
      await sandbox.killAll();
      await sandbox.snapshot(key);
      await shellInSandbox(sandbox, 'echo changed > home/file');
    });
    const restored = { work: { kind: 'volume', restore: key } } as const;
    const read = async (sandbox: Sandbox): Promise<void> =>
      equal((await shellInSandbox(sandbox, 'cat home/file; echo more >> home/file; rm -r home')).stdout, 'kept\n');
    await within(context, restored, read);
    await within(context, restored, read);
    await within(context, { work: { kind: 'volume', restore: `${key} unknown` } }, async (sandbox) => {
      equal((await shellInSandbox(sandbox, 'ls -A')).stdout, '');
    });
  },
  'an id is refused while it is in use, and free after destroy': async (context) => {
    const spec = context.spec();
    const first = await context.driver.create(spec);
    await fails('sandbox.refused', () => context.driver.create(spec));
    await first.destroy();
    await first.destroy();
    await fails('sandbox.refused', () => first.exec({ argv: ['/bin/true'], net }));
    await (await context.driver.create(spec)).destroy();
  },
  'destroy ends running programs': async (context) => {
    const sandbox = await context.driver.create(context.spec());
    const running = await sandbox.exec({ argv: ['/bin/sleep', '60'], net });
    running.stdout.resume();
    const end = running.done.catch((error: Error) => error);
    await sandbox.destroy();
    holds(await end, 'the program has an end');
  },
  'create that is aborted leaves the id free': async (context) => {
    const spec = context.spec();
    await fails(undefined, () => context.driver.create(spec, AbortSignal.abort(new Error('not wanted'))));
    await (await context.driver.create(spec)).destroy();
  },
};

async function within(
  context: SuiteContext,
  changes: Parameters<SuiteContext['spec']>[0],
  use: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await context.driver.create(context.spec(changes));
  try {
    await use(sandbox);
  } finally {
    await sandbox.destroy();
  }
}

async function collected(sandbox: Sandbox, globs: string[]): Promise<string[]> {
  const tar = Buffer.concat((await (await sandbox.collect(globs)).toArray()) as Buffer[]);
  const names: string[] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const field = (offset: number, length: number): string =>
      tar.toString('latin1', at + offset, at + offset + length).replace(/\0.*$/s, '');
    holds(field(156, 1) === '0', `${field(0, 100)} is a regular file`);
    names.push(field(0, 100));
    at += 512 + Math.ceil(Number.parseInt(field(124, 12), 8) / 512) * 512;
  }
  return names.sort();
}
