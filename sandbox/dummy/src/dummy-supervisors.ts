import { createWriteStream, existsSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { SandboxDriver, SupervisedEnd } from '@slowlane/contracts';
import { startDummyProgram } from './dummy-program.ts';
import type { DummyProgram } from './dummy-program.ts';
import { closeWork, openWork } from './dummy-sandbox.ts';
import type { DummyState } from './dummy-state.ts';

/** Supervised programs, kept by this very process: unlike the real thing they end with it. */
export function dummySupervisors(state: DummyState): Pick<SandboxDriver, 'supervise' | 'kill' | 'isRunning'> {
  const running = new Map<string, DummyProgram>();
  return {
    async supervise(spec, command, recordDir) {
      await state.answer();
      if (!existsSync(recordDir)) state.refuse(`supervise: the record folder ${recordDir} does not exist`);
      const work = openWork(state, spec);
      const program = await startDummyProgram(state, { spec, work, onFull: 'cut' }, command);
      running.set(spec.id, program);
      void record(program, recordDir).finally(() => {
        running.delete(spec.id);
        closeWork(state, spec.id);
      });
    },
    async kill(id, how) {
      await state.answer();
      if (how === 'kill') running.get(id)?.stop('cancelled');
      else if (state.dials.ignoreTerm !== true) running.get(id)?.term();
    },
    async isRunning(id) {
      await state.answer();
      return running.has(id);
    },
  };
}

async function record(program: DummyProgram, folder: string): Promise<void> {
  const startedAt = Date.now();
  program.stdin.end();
  const files = (['stdout', 'stderr'] as const).map((name) =>
    program[name].pipe(createWriteStream('', { fd: openSync(`${folder}/${name}`, 'wx') })),
  );
  write(folder, 'started.json', { startedAt });
  const end = await program.done;
  await Promise.all(files.map((file) => finished(file)));
  write(folder, 'ended.json', { ...end, startedAt, endedAt: Date.now() } satisfies SupervisedEnd);
}

function write(folder: string, name: string, value: unknown): void {
  writeFileSync(`${folder}/${name}.part`, JSON.stringify(value));
  renameSync(`${folder}/${name}.part`, `${folder}/${name}`);
}
