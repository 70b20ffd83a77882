import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import type { Sandbox, SandboxSpec } from '@slowlane/contracts';
import { collectFrom } from './collect-from.ts';
import { startDummyProgram } from './dummy-program.ts';
import type { DummyProgram } from './dummy-program.ts';
import type { DummyState } from './dummy-state.ts';

export function createDummySandbox(state: DummyState, spec: SandboxSpec): Sandbox {
  const work = openWork(state, spec);
  const running = new Set<DummyProgram>();
  let isDestroyed = false;
  const mustLive = (call: string): void => {
    if (isDestroyed) state.refuse(`${call} after destroy: ${spec.id}`);
  };
  const mustBeStill = (call: string): void => {
    mustLive(call);
    if (running.size > 0) state.refuse(`${call} before killAll: ${spec.id} has running programs`);
  };
  const killAll = async (): Promise<void> => {
    for (const program of running) program.stop('cancelled');
    await Promise.all([...running].map((program) => program.done));
  };
  return {
    id: spec.id,
    async exec(command) {
      await state.answer();
      mustLive('exec');
      const program = await startDummyProgram(state, { spec, work, onFull: 'stop' }, command);
      running.add(program);
      void program.done.finally(() => running.delete(program));
      return program;
    },
    async killAll() {
      await state.answer();
      await killAll();
    },
    async collect(globs) {
      await state.answer();
      mustBeStill('collect');
      return collectFrom(work, globs);
    },
    async snapshot(key) {
      await state.answer();
      mustBeStill('snapshot');
      rmSync(snapshotOf(state, key), { recursive: true, force: true });
      cpSync(work, snapshotOf(state, key), { recursive: true, verbatimSymlinks: true });
    },
    async destroy() {
      if (isDestroyed) return;
      isDestroyed = true;
      await killAll();
      closeWork(state, spec.id);
    },
  };
}

/** Claims the id and makes the work folder; throws what the dials and the contract say. */
export function openWork(state: DummyState, spec: SandboxSpec): string {
  if (state.dials.failToStart === true) throw new SlowLaneError('sandbox.failed', 'the dummy is set to fail');
  if (state.live.has(spec.id)) state.refuse(`create: the id ${spec.id} is in use`);
  state.live.add(spec.id);
  const work = `${state.dials.folder}/work-${spec.id}`;
  const restore =
    spec.work.kind === 'volume' && spec.work.restore !== undefined ? snapshotOf(state, spec.work.restore) : undefined;
  if (restore !== undefined && existsSync(restore)) cpSync(restore, work, { recursive: true, verbatimSymlinks: true });
  else mkdirSync(work, { recursive: true });
  return work;
}

export function closeWork(state: DummyState, id: string): void {
  rmSync(`${state.dials.folder}/work-${id}`, { recursive: true, force: true });
  state.live.delete(id);
}

function snapshotOf(state: DummyState, key: string): string {
  return `${state.dials.folder}/snapshot-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}
