import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxDriver } from '@slowlane/contracts';
import { fifoPool } from '@slowlane/process';
import { createDummySandbox } from './dummy-sandbox.ts';
import { dummySupervisors } from './dummy-supervisors.ts';
import type { DummyState } from './dummy-state.ts';

export interface DummyDials {
  /** An existing folder for work volumes and snapshots. */
  folder: string;
  /** Each program takes this many milliseconds instead of being run. */
  sleepMs?: number;
  /** Exit code given instead of the program's. */
  exitCode?: number;
  /** `create` and `supervise` fail. */
  failToStart?: boolean;
  /** Each program ends as out of memory. */
  outOfMemory?: boolean;
  /** `kill` with `term` does nothing. */
  ignoreTerm?: boolean;
  /** What programs write is lost. */
  loseLog?: boolean;
  /** Every answer comes this many milliseconds late. */
  lateMs?: number;
}

export interface DummyDriver extends SandboxDriver {
  readonly kind: 'dummy';
  /** May be changed at any time. */
  readonly dials: DummyDials;
  /** What callers did in the wrong order, in words. */
  readonly complaints: readonly string[];
}

/**
 * A driver for tests that keeps the contract and isolates nothing: programs run as they are, in a folder. Paths are those of this machine:
 * only a `cwd` below `/work` is mapped. It complains when it is called in the wrong order. Never wired in production.
 */
export function createDummyDriver(dials: DummyDials): DummyDriver {
  mkdirSync(`${dials.folder}/fifos`, { recursive: true });
  const state: DummyState = {
    dials,
    complaints: [],
    live: new Set(),
    fifos: fifoPool(`${dials.folder}/fifos`, 6),
    refuse(complaint) {
      state.complaints.push(complaint);
      throw new SlowLaneError('sandbox.refused', complaint);
    },
    answer: async () => {
      if (dials.lateMs !== undefined) await pause(dials.lateMs);
    },
  };
  const supervisors = dummySupervisors(state);
  return {
    kind: 'dummy',
    dials,
    complaints: state.complaints,
    async probe() {
      await state.answer();
      return {
        ok: false,
        tier: 'rootless',
        findings: [{ test: 'isolation', ok: false, detail: 'the dummy isolates nothing' }],
      };
    },
    async create(spec, signal) {
      await state.answer();
      signal?.throwIfAborted();
      return createDummySandbox(state, spec);
    },
    ...supervisors,
    async reap() {
      await state.answer();
      return { processes: 0, mounts: 0, cgroups: 0, folders: 0 };
    },
  };
}
