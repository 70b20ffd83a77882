import { existsSync, mkdtempSync, readFileSync, realpathSync, watch } from 'node:fs';
import type { SandboxSpec, SupervisedEnd } from '@slowlane/contracts';
import { equal, fails, holds } from './check.ts';
import type { Checks, SuiteContext } from './sandbox-contract-suite.ts';

/** Supervised programs: `supervise`, `kill`, `isRunning`. */
export const supervisedChecks: Checks = {
  'a supervised program leaves its output, and ended.json with its exit code': async (context) => {
    const run = await supervise(context, 'echo out; echo err >&2; exit 5');
    const end = await run.end();
    equal([end.reason, end.code, run.read('stdout'), run.read('stderr')], ['exit', 5, 'out\n', 'err\n']);
    holds(existsSync(`${run.folder}/started.json`), 'started.json is there');
    holds(end.endedAt >= end.startedAt && end.startedAt > 0, 'times are in order');
    await untilStopped(context, run.spec.id);
    const again = await context.driver.create({ ...run.spec });
    await again.destroy();
  },
  'a supervised program is running until it ends, and TERM asks its first process': async (context) => {
    const run = await supervise(context, 'trap "echo asked; exit 4" TERM; echo up; while :; do sleep 0.05; done');
    await run.until('stdout', 'up');
    equal(await context.driver.isRunning(run.spec.id), true);
    await context.driver.kill(run.spec.id, 'term');
    const end = await run.end();
    equal([end.reason, end.code, run.read('stdout')], ['exit', 4, 'up\nasked\n']);
    await untilStopped(context, run.spec.id);
    await context.driver.kill(run.spec.id, 'term');
    await context.driver.kill(run.spec.id, 'kill');
  },
  'kill ends a supervised program that ignores TERM, as cancelled': async (context) => {
    const run = await supervise(context, 'trap "" TERM; echo up; while :; do sleep 0.05; done');
    await run.until('stdout', 'up');
    await context.driver.kill(run.spec.id, 'term');
    equal(await context.driver.isRunning(run.spec.id), true);
    await context.driver.kill(run.spec.id, 'kill');
    equal((await run.end()).reason, 'cancelled');
  },
  'wall time ends a supervised program': async (context) => {
    const run = await supervise(context, 'trap "" TERM; while :; do sleep 1; done', context.limits({ wallMs: 300 }));
    equal((await run.end()).reason, 'timeout');
  },
  'too much output cuts the log of a supervised program with a mark, and it goes on': async (context) => {
    const run = await supervise(
      context,
      'head -c 300000 /dev/zero; echo done >&2; exit 6',
      context.limits({ outputBytes: 1_000 }),
    );
    const end = await run.end();
    equal([end.reason, end.code, run.read('stderr')], ['exit', 6, 'done\n']);
    const log = run.read('stdout');
    holds(
      log.startsWith('\0'.repeat(1_000)) && log.length < 1_200 && log.length > 1_000,
      `the log is cut with a mark: ${log.length}`,
    );
  },
  'a record folder that does not exist is refused, and leaves the id free': async (context) => {
    const spec = context.spec();
    const command = { argv: ['/bin/true'], net: { mode: 'none' as const } };
    await fails('sandbox.refused', () => context.driver.supervise(spec, command, `${context.folder}/nothing-here`));
    await (await context.driver.create(spec)).destroy();
  },
  'nothing runs under an id that was never used': async (context) => {
    equal(await context.driver.isRunning('never-used'), false);
    await context.driver.kill('never-used', 'kill');
  },
};

interface Supervised {
  spec: SandboxSpec;
  folder: string;
  read(name: string): string;
  /** Waits until a file holds a text. */
  until(name: string, text: string): Promise<void>;
  end(): Promise<SupervisedEnd>;
}

async function supervise(
  context: SuiteContext,
  script: string,
  changes: Partial<SandboxSpec> = {},
): Promise<Supervised> {
  const folder = realpathSync(mkdtempSync(`${context.folder}/record-`));
  const spec = context.spec(changes);
  await context.driver.supervise(spec, { argv: ['/bin/sh', '-c', script], net: { mode: 'none' } }, folder);
  const read = (name: string): string =>
    existsSync(`${folder}/${name}`) ? readFileSync(`${folder}/${name}`, 'utf8') : '';
  const until = (name: string, text: string): Promise<void> => untilChanged(folder, () => read(name).includes(text));
  return {
    spec,
    folder,
    read,
    until,
    async end() {
      await until('ended.json', '}');
      return JSON.parse(read('ended.json')) as SupervisedEnd;
    },
  };
}

/** Waits for a condition over the files of a folder; fails after 20 s, when something has gone wrong for good. */
function untilChanged(folder: string, condition: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      watcher.close();
      clearTimeout(limit);
      settle();
    };
    const look = (): void => {
      if (condition()) done(resolve);
    };
    const watcher = watch(folder, look);
    const limit = setTimeout(() => done(() => reject(new Error(`waited 20 s for a file in ${folder}`))), 20_000);
    look();
  });
}

async function untilStopped(context: SuiteContext, id: string): Promise<void> {
  const until = performance.now() + 20_000;
  while (await context.driver.isRunning(id)) {
    holds(performance.now() < until, `${id} stops running after its end`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
