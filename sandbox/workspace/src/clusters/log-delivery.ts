import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@slowlane/contracts';
import { openFile } from '../files/safe-folder.ts';
import { runFolders } from '../runs/run-folders.ts';
import type { TaskRecord } from '../runs/run-record.ts';
import { appendLog } from './append-log.ts';
import { type LogDeliveryRecord, type LogDeliveryStore, type LogName, logNames } from './log-delivery-store.ts';
import { logFolder } from './log-destination.ts';

export interface LogDeliveryOptions {
  store: LogDeliveryStore;
  getTask: (taskRunId: number) => TaskRecord | undefined;
  stateDir: string;
  volumesDir: string;
  dbfsDir: string;
  logger: Logger;
  /** Time between two deliveries; default five minutes, as on the service. */
  everyMs?: number;
}

/**
 * Delivers what the drivers of a cluster print to `<destination>/<cluster>/driver/`, below the names of the service: while they run, and at
 * their end. A cluster has one set of files: what its runs print at the same time stands there in pieces, in the order of delivery.
 *
 * @see https://docs.databricks.com/compute/configure#compute-log-delivery
 */
export interface LogDelivery {
  /** To be told before the program of a task starts. */
  begin(task: Pick<LogDeliveryRecord, 'taskRunId' | 'clusterId' | 'destination'>): void;
  /** The last delivery; never rejects. `undefined` where nothing is to be delivered. */
  ended(taskRunId: number): Promise<void> | undefined;
  /** Goes on with what an earlier process left; call once. */
  resume(): void;
  close(): Promise<void>;
}

export function createLogDelivery(options: LogDeliveryOptions): LogDelivery {
  const { store, logger } = options;
  /** One after the other on each cluster: they write to the same files. */
  const queues = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  return { begin: store.begin, ended, resume, close };

  function ended(taskRunId: number): Promise<void> | undefined {
    const record = store.get(taskRunId);
    return record === undefined ? undefined : queue(record);
  }

  function resume(): void {
    const all = (): void => store.list().forEach((record) => void queue(record));
    all();
    timer = setInterval(all, options.everyMs ?? 300_000);
    timer.unref();
  }

  function queue({ taskRunId, clusterId }: LogDeliveryRecord): Promise<void> {
    const next = (queues.get(clusterId) ?? Promise.resolve()).then(() => deliver(taskRunId)).catch(failed);
    queues.set(clusterId, next);
    void next.then(() => (queues.get(clusterId) === next ? queues.delete(clusterId) : undefined));
    return next;

    function failed(error: unknown): void {
      logger.warn({ cluster: clusterId, run: taskRunId, error: String(error) }, 'logs could not be delivered');
    }
  }

  async function deliver(taskRunId: number): Promise<void> {
    const record = closed ? undefined : store.get(taskRunId);
    if (record === undefined) return;
    const task = options.getTask(taskRunId);
    // Read before the files are: nothing is printed after the end.
    const isLast = task === undefined || task.phase === 'ended';
    if (task !== undefined) for (const name of logNames) await deliverOne(taskRunId, task, name);
    if (isLast) store.end(taskRunId);
  }

  async function deliverOne(taskRunId: number, task: TaskRecord, name: LogName): Promise<void> {
    const record = store.get(taskRunId) as LogDeliveryRecord;
    const source = await openLog(task, name);
    if (source === undefined) return;
    try {
      const { root, names } = logFolder(options, record.destination);
      const sizes = store.sizes(record.clusterId);
      const { from, size } = await appendLog({
        ...{ source, from: record.delivered[name] ?? 0, size: sizes[name] ?? 0 },
        ...{ root, names: [...names, record.clusterId, 'driver', name] },
      });
      store.advance({ ...record, delivered: { ...record.delivered, [name]: from } }, { ...sizes, [name]: size });
    } finally {
      await source.close();
    }
  }

  /** Spark's own log lies where the program can write, the others are the supervisor's. */
  async function openLog(task: TaskRecord, name: LogName): Promise<FileHandle | undefined> {
    const folders = runFolders(options.stateDir, task.runId);
    if (name === 'log4j-active.log') return (await openFile(folders.scratch, [name]))?.handle;
    return open(join(folders.record(task.startAttempt), name), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  async function close(): Promise<void> {
    closed = true;
    clearInterval(timer);
    await Promise.all(queues.values());
  }
}
