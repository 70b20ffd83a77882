import { createInterface } from 'node:readline';
import { readdir } from 'node:fs/promises';
import { openFile } from '../files/safe-folder.ts';

interface Stage {
  id: number;
  name: string;
  tasks: number;
  failedTasks: number;
  submittedAt: number | null;
  completedAt: number | null;
  failure: string | null;
}

interface Job {
  id: number;
  name: string;
  stages: number[];
  submittedAt: number;
  completedAt: number | null;
  result: string | null;
}

export interface SparkHistory {
  application: string;
  jobs: Job[];
  stages: Stage[];
  executors: { id: string; host: string; cores: number; removed: string | null }[];
  queries: { id: number; description: string; startedAt: number; completedAt: number | null }[];
  /** The log was longer than what is read. */
  isCut: boolean;
}

/** How much of a log is read; a line of it is at most a few hundred KiB. */
const maxBytes = 64 * 1_024 ** 2;

/** The event log's file: the last one where a program has had several sessions. It is the program's own, so no link in it is followed. */
export async function openEventLog(eventsDir: string): ReturnType<typeof openFile> {
  const names = (await readdir(eventsDir).catch(() => [] as string[])).filter((name) => !name.startsWith('.')).sort();
  const last = names.at(-1);
  return last === undefined ? undefined : openFile(eventsDir, [last]);
}

/** Jobs, stages, queries and executors of a run from Spark's own event log, also while it runs; `undefined` where there is none. */
export async function readHistory(eventsDir: string): Promise<SparkHistory | undefined> {
  const opened = await openEventLog(eventsDir);
  if (opened === undefined) return undefined;
  const history: SparkHistory = { application: '', jobs: [], stages: [], executors: [], queries: [], isCut: false };
  history.isCut = opened.stats.size > maxBytes;
  try {
    const bytes = opened.handle.createReadStream({ end: maxBytes, autoClose: false });
    for await (const line of createInterface({ input: bytes, crlfDelay: Infinity })) {
      try {
        take(history, JSON.parse(line) as Event);
      } catch {
        // The last line of a log that is being written, or one that the program spoiled: the others still tell their part.
      }
    }
  } finally {
    await opened.handle.close();
  }
  return history;
}

// The names of Spark's own JsonProtocol.
type Event = Record<string, unknown>;

function take(history: SparkHistory, event: Event): void {
  const kind = String(event['Event']).split('.').at(-1) as string;
  if (kind === 'SparkListenerApplicationStart') history.application = String(event['App Name']);
  if (kind === 'SparkListenerJobStart') startJob(history, event);
  if (kind === 'SparkListenerJobEnd') {
    const job = history.jobs.find((one) => one.id === event['Job ID']);
    if (job !== undefined) {
      job.completedAt = Number(event['Completion Time']);
      job.result = String((event['Job Result'] as Event)['Result']);
    }
  }
  if (kind === 'SparkListenerStageSubmitted' || kind === 'SparkListenerStageCompleted')
    noteStage(history, event['Stage Info'] as Event);
  if (kind === 'SparkListenerTaskEnd') endTask(history, event);
  if (kind === 'SparkListenerExecutorAdded') {
    const info = event['Executor Info'] as Event;
    const id = String(event['Executor ID']);
    history.executors.push({ id, host: String(info['Host']), cores: Number(info['Total Cores']), removed: null });
  }
  if (kind === 'SparkListenerExecutorRemoved') {
    const executor = history.executors.find((one) => one.id === String(event['Executor ID']));
    if (executor !== undefined) executor.removed = String(event['Removed Reason']);
  }
  if (kind === 'SparkListenerSQLExecutionStart') {
    const { executionId, description, time } = event;
    const query = { id: Number(executionId), description: String(description), startedAt: Number(time) };
    history.queries.push({ ...query, completedAt: null });
  }
  if (kind === 'SparkListenerSQLExecutionEnd') {
    const query = history.queries.find((one) => one.id === event['executionId']);
    if (query !== undefined) query.completedAt = Number(event['time']);
  }
}

function startJob(history: SparkHistory, event: Event): void {
  const infos = (event['Stage Infos'] ?? []) as Event[];
  history.jobs.push({
    id: Number(event['Job ID']),
    name: String(infos[0]?.['Stage Name'] ?? ''),
    stages: (event['Stage IDs'] ?? []) as number[],
    submittedAt: Number(event['Submission Time']),
    ...{ completedAt: null, result: null },
  });
}

function noteStage(history: SparkHistory, info: Event): void {
  const id = Number(info['Stage ID']);
  const known = history.stages.find((one) => one.id === id);
  const stage: Stage = {
    ...{ id, name: String(info['Stage Name']), tasks: Number(info['Number of Tasks']) },
    failedTasks: known?.failedTasks ?? 0,
    submittedAt: numberOf(info['Submission Time']),
    completedAt: numberOf(info['Completion Time']),
    failure: typeof info['Failure Reason'] === 'string' ? info['Failure Reason'] : null,
  };
  if (known === undefined) history.stages.push(stage);
  else Object.assign(known, stage);
}

function endTask(history: SparkHistory, event: Event): void {
  const stage = history.stages.find((one) => one.id === event['Stage ID']);
  if (stage !== undefined && (event['Task Info'] as Event)['Failed'] === true) stage.failedTasks++;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
