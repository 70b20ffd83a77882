import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHistory } from './spark-history.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'slowlane-events-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const lines = [
  { Event: 'SparkListenerApplicationStart', 'App Name': 'orders' },
  { Event: 'SparkListenerExecutorAdded', 'Executor ID': '0', 'Executor Info': { Host: '127.0.0.1', 'Total Cores': 2 } },
  {
    ...{ Event: 'SparkListenerJobStart', 'Job ID': 0, 'Submission Time': 10, 'Stage IDs': [0] },
    'Stage Infos': [{ 'Stage Name': 'count at A' }],
  },
  {
    Event: 'SparkListenerStageSubmitted',
    'Stage Info': { 'Stage ID': 0, 'Stage Name': 'count', 'Number of Tasks': 4 },
  },
  { Event: 'SparkListenerTaskEnd', 'Stage ID': 0, 'Task Info': { Failed: true } },
  {
    Event: 'SparkListenerStageCompleted',
    'Stage Info': {
      'Stage ID': 0,
      'Stage Name': 'count',
      'Number of Tasks': 4,
      'Submission Time': 11,
      'Completion Time': 20,
    },
  },
  { Event: 'SparkListenerJobEnd', 'Job ID': 0, 'Completion Time': 21, 'Job Result': { Result: 'JobSucceeded' } },
];

describe('the history of a run', () => {
  it('is read from the event log, also from one that is being written', async () => {
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    await writeFile(join(folder, 'app-1.inprogress'), `${text}\n{"Event":"Spark`);
    expect(await readHistory(folder)).toMatchObject({
      ...{ application: 'orders', isCut: false, executors: [{ id: '0', host: '127.0.0.1', cores: 2 }] },
      jobs: [{ id: 0, name: 'count at A', submittedAt: 10, completedAt: 21, result: 'JobSucceeded' }],
      stages: [{ id: 0, tasks: 4, failedTasks: 1, submittedAt: 11, completedAt: 20 }],
    });
  });

  it('is not there without a log, nor behind a link that the program made', async () => {
    expect(await readHistory(join(folder, 'none'))).toBeUndefined();
    await mkdir(join(folder, 'events'));
    await symlink('/etc/passwd', join(folder, 'events', 'app'));
    await expect(readHistory(join(folder, 'events')).then((history) => history?.application ?? '')).resolves.toBe('');
  });
});
