import type { NewCluster, Task } from '../jobs/schema.ts';
import { heapOf } from './submit-arguments.ts';

const mib = 1_024 ** 2;

/** A tmpfs is memory of its sandbox. */
export const tmpBytes = 256 * mib;
/** Metaspace, code, threads, and direct memory of the JVM beside its heap. */
const jvmBytes = 768 * mib;
const pythonBytes = 1_024 * mib;

/** Memory of the whole sandbox of a driver: its heap, and what lives beside it. */
export function memoryLimit(task: Task, cluster: NewCluster, heapLimitBytes: number): number {
  const python = task.spark_jar_task === undefined ? pythonBytes : 0;
  return heapOf(cluster, heapLimitBytes) + jvmBytes + tmpBytes + python;
}
