import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createJarJob, startTestWorkspace, type TestWorkspace, token } from '../__fixtures__/test-workspace.ts';

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
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    await poll(url, started, pollCount / 10);
    const before = heapBytes();
    await poll(url, started, pollCount);
    expect(heapBytes() - before).toBeLessThan(maxGrowthBytes);
  },
);

async function listAll(jobId: number): Promise<number[]> {
  const ids: number[] = [];
  for (let page: unknown = ''; page !== undefined;) {
    const { body } = await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}&limit=24&page_token=${String(page)}`);
    ids.push(...(body.runs as { run_id: number }[]).map((run) => run.run_id));
    page = body.next_page_token;
  }
  return ids;
}

/** Over the network, as clients do: calls that are put in without one hold their sockets until the event loop has had time for them. */
async function poll(base: string, runIds: readonly number[], count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const response = await fetch(`${base}/api/2.2/jobs/runs/get?run_id=${runIds[index % runIds.length]}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { state } = (await response.json()) as { state?: { result_state?: string } };
    if (state?.result_state !== 'SUCCESS') throw new Error(`A poll showed ${state?.result_state}, not SUCCESS.`);
  }
}

/** After a collection, which Node lets nobody ask for unless told so. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
