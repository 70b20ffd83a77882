import type { Readable, Writable } from 'node:stream';
import type { SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import type { Exit, FifoPool } from '@slowlane/process';
import type { Cgroup } from './cgroup/cgroup.ts';

/**
 * What one way of isolating programs brings. All the rest (ids, uids, cgroups, volumes, limits, supervisors, clean-up) is the same for every
 * driver and lies in this project.
 */
export interface Isolation {
  /** Entry file of a supervisor: hands `superviseTask` this isolation's `launch` and `discard`. */
  readonly supervisorMain: string;
  /** Once per sandbox, when its uid and cgroup are there: what all its programs have in common. */
  arrange(cell: Cell): Promise<Arrangement>;
  launch: Launch;
  /** Whether TERM for the program goes to the process with these ids, one per namespace and this machine's first. */
  isAskedToEnd(ids: readonly number[]): boolean;
  /** Removes what this isolation alone has of a sandbox, by its id, also after a crash. Called when no process of it is left. */
  discard(id: string): Promise<void>;
  /** Ends what no sandbox uses any more; how many processes. */
  sweep(): Promise<number>;
  /** Removes what an earlier process prepared for all sandboxes. Sandboxes that run keep their own view. */
  clear(): Promise<void>;
}

/** A sandbox before any program: names, limits and places on this machine. */
export interface Cell {
  spec: SandboxSpec;
  owner: { uid: number; gid: number };
  umask: '022' | '002';
  cgroup: Cgroup;
  /** Mount point of the work volume, which may still be in the making; absent for `work: none`. */
  work: string | undefined;
}

export interface Arrangement {
  /** Throws `sandbox.refused` for what this isolation cannot give. */
  plan(command: SandboxCommand): Promise<LaunchPlan>;
  /** For `collect`: `/work` read-only, no other mounts, no network, no environment. */
  planCollect(argv: readonly string[]): Promise<LaunchPlan>;
}

/** All that is needed to start one program: plain data that only `launch` of the same isolation reads, so that a supervisor can be handed it in a file. */
export type LaunchPlan = object;

export type Launch = (plan: LaunchPlan, means: { fifos: FifoPool; hasStdin: boolean }) => Promise<Launched>;

export interface Launched {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The process that is pid 1 inside, as this machine numbers it; undefined when the program was never started. */
  readonly initPid: Promise<number | undefined>;
  /** When it has ended. */
  readonly exited: Promise<Ended>;
  /** Lets a held program go on. */
  release(): void;
  /** Ends the program and everything it started. */
  kill(): void;
}

export interface Ended {
  /** How the process ended that stood for it. */
  exit: Exit;
  /** The program's own code; undefined when it never ran, or when its namespaces were killed. */
  exitCode: number | undefined;
}
