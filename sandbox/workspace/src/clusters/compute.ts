import type { SandboxCommand } from '@slowlane/contracts';
import type { Library, NewCluster, Task } from '../jobs/schema.ts';
import type { RunRecord, TaskRecord } from '../runs/run-record.ts';
import type { Outcome } from '../runs/states.ts';

/** Where a task runs, and with what. */
export interface Placement {
  clusterId: string;
  sparkContextId: string;
  /** `local[2]`, `spark://127.0.0.1:7077`, or the master of `--master`. */
  master: string;
  net: SandboxCommand['net'];
  /** Effective settings: policy, pool and defaults applied. */
  cluster: NewCluster;
  /** Keys of its `spark_conf` whose values came out of a secret scope. */
  secretConf?: readonly string[];
  /** What the cluster has loaded: a path may lead to the cluster's own copy, because a warm cluster keeps the bytes it loaded. */
  libraries: Library[];
  /** Workers of the cluster; 0 = everything runs in the driver. */
  workers: number;
  /** Folders of the cluster that its drivers see: where `libraries` lead to, and unpacked Python libraries. */
  mounts?: { kind: 'ro' | 'rw'; source: string; target: string }[];
}

/** Gives the tasks of runs a place: clusters are made, started, shared and ended behind it. */
export interface Compute {
  /**
   * Asked again after every change until the answer is not 'wait' (the cluster is still starting). An outcome ends the task: its cluster
   * never started or died, or a library could not be installed.
   */
  place(run: RunRecord, task: TaskRecord, resolved: Task): Placement | 'wait' | Outcome;
  /** Why tasks must end whose cluster died or was terminated. */
  onLost(listener: (taskRunIds: number[], outcome: Outcome) => void): void;
  /** Where a task runs or ran: `cluster_instance` of its views. */
  instanceOf(taskRunId: number): { clusterId: string; sparkContextId: string } | undefined;
  taskEnded(run: RunRecord, task: TaskRecord): void;
  /** Job clusters of the run terminate. */
  runEnded(run: RunRecord): void;
  /** Something changed that may let a task start. */
  onChange(listener: () => void): void;
  resume(): void;
  close(): Promise<void>;
}
