import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createJarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

const runCount = 1_000;
const pollCount = 10_000;
/** What 10,000 polls may leave behind; one kept answer each would be about 30 MB. */
const maxGrowthBytes = 12 * 1_024 * 1_024;

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace({ maxActiveRuns: runCount });
});
afterEach(() => test.close());

it(
  '1,000 runs are listed, paged and polled, and 10,000 polls leave no memory behind',
  { timeout: 600_000 },
  async () => {
    const jobId = await createJarJob(test, { queue: { enabled: true } });
    const started: number[] = [];
    for (let index = 0; index < runCount; index++) {
      const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
      started.push(body.run_id as number);
    }
    await test.driver.started(runCount);
    for (const id of test.driver.programs.keys()) await test.driver.end(id, {});
    for (const runId of started) await test.runIn('TERMINATED', runId);
    const listed = await listAll(jobId);
    expect(listed.toSorted()).toEqual(started.toSorted());
    await poll(started, pollCount / 10);
    const before = heapBytes();
    await poll(started, pollCount);
    expect(heapBytes() - before).toBeLessThan(maxGrowthBytes);
  },
);

async function listAll(jobId: number): Promise<number[]> {
  const ids: number[] = [];
  for (let token: unknown = ''; token !== undefined;) {
    const { body } = await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}&limit=24&page_token=${String(token)}`);
    ids.push(...(body.runs as { run_id: number }[]).map((run) => run.run_id));
    token = body.next_page_token;
  }
  return ids;
}

async function poll(runIds: readonly number[], count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const { body } = await test.get(`/api/2.2/jobs/runs/get?run_id=${runIds[index % runIds.length]}`);
    // No `expect` here: the test runner keeps something of each, which would be measured.
    const { result_state: result } = body.state as { result_state?: string };
    if (result !== 'SUCCESS') throw new Error(`A poll showed ${result} for a run that has succeeded.`);
  }
}

/** After a collection, which Node lets nobody ask for unless told so. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
