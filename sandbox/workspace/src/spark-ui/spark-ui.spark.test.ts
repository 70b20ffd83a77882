import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';

const program = Buffer.from(`import os, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.sparkContext.setJobDescription("<b>counting sheep</b>")
spark.range(1000).groupBy("id").count().collect()
while len(sys.argv) > 1 and not os.path.exists(sys.argv[1]):
    time.sleep(0.1)
`);

describe.skipIf(!canStartTestHelper())("Spark's own UI of a run", () => {
  let test: SparkWorkspace;
  beforeAll(async () => {
    test = await startSparkWorkspace({ cpus: 1 });
    await test.upload('/Volumes/main/apps/code/count.py', program);
  }, 120_000);
  afterAll(() => test.close(), 60_000);

  it('is there while the run goes on and after it, again after its server was killed, and for nobody without the right', async () => {
    const run = await submit(['/Volumes/main/apps/code/go']);
    const taskRunId = await taskOf(run);
    expect((await visit(`/slowlane/spark-ui/${taskRunId}/live`, await tokenOfNobody())).status).toBe(403);

    await vi.waitFor(async () => expect((await page(await live(taskRunId), 'jobs/')).text).toContain('counting'), {
      ...{ timeout: 120_000, interval: 1_000 },
    });
    const place = await live(taskRunId);
    const jobs = await page(place, 'jobs/');
    expect(jobs.text).toContain('counting sheep');
    expect(jobs.text).not.toContain('<b>counting sheep');
    expect(jobs.headers.get('content-security-policy')).toMatch(/^sandbox allow-scripts [^;]*;/);
    expect(jobs.headers.get('content-security-policy')).not.toContain('allow-same-origin');
    expect(await applications(place)).toMatchObject([{ attempts: [{ completed: false }] }]);

    await test.upload('/Volumes/main/apps/code/go', Buffer.from('go'));
    expect((await test.ended(run)).state).toMatchObject({ result_state: 'SUCCESS' });
    await vi.waitFor(
      async () => expect(await applications(place)).toMatchObject([{ attempts: [{ completed: true }] }]),
      { timeout: 60_000, interval: 500 },
    );
    expect((await page(place, 'stages/')).text).toMatch(/Completed Stages \(\d/);
    expect((await page(place, 'SQL/')).text).toContain('Completed Queries');

    for (const pid of await serversOf(test)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect((await page(place, 'jobs/')).text).toContain('counting sheep'), {
      ...{ timeout: 60_000, interval: 500 },
    });

    await test.kill();
    await vi.waitFor(async () => expect(await serversOf(test)).toEqual([]), { timeout: 30_000, interval: 200 });
    await test.restart();
    // Tickets end with the process, so an old address leads nowhere.
    expect((await page(place, 'jobs/')).status).toBe(403);
    expect((await page(await live(taskRunId), 'jobs/')).text).toContain('counting sheep');
  }, 300_000);

  async function submit(parameters: string[]): Promise<unknown> {
    const { run_id } = await test.call('POST', '/api/2.2/jobs/runs/submit', {
      run_name: 'sheep',
      tasks: [
        {
          task_key: 'main',
          new_cluster: { spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' },
          spark_python_task: { python_file: '/Volumes/main/apps/code/count.py', parameters },
        },
      ],
    });
    await test.inState(run_id, 'RUNNING');
    return run_id;
  }

  async function taskOf(run: unknown): Promise<number> {
    const { tasks } = await test.call('GET', `/api/2.2/jobs/runs/get?run_id=${String(run)}`);
    return (tasks as { run_id: number }[])[0]?.run_id as number;
  }

  function visit(path: string, token = test.token): Promise<Response> {
    return fetch(test.url + path, { redirect: 'manual', headers: { authorization: `Bearer ${token}` } });
  }

  /** The address that the link of the run page leads to: what comes before `jobs/`. */
  async function live(taskRunId: number): Promise<string> {
    return vi.waitFor(
      async () => {
        const answer = await visit(`/slowlane/spark-ui/${taskRunId}/live`);
        expect(answer.status, await answer.text()).toBe(302);
        const location = answer.headers.get('location') as string;
        expect(location).toMatch(/\/history\/[^/]+\/jobs\/$/);
        return location.replace(/jobs\/$/, '');
      },
      { timeout: 60_000, interval: 500 },
    );
  }

  /** Without a token: the address is the right. */
  async function page(place: string, name: string): Promise<{ status: number; text: string; headers: Headers }> {
    const answer = await fetch(test.url + place + name);
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }

  async function applications(place: string): Promise<unknown> {
    return (await fetch(test.url + place.replace(/\/history\/.*/, '/api/v1/applications'))).json();
  }

  async function tokenOfNobody(): Promise<string> {
    const made = await test.call('POST', '/slowlane/service-principals', { display_name: 'stranger', admin: false });
    const pair = Buffer.from(`${String(made.client_id)}:${String(made.client_secret)}`).toString('base64');
    const answer = await fetch(`${test.url}/oidc/v1/token`, {
      method: 'POST',
      body: 'grant_type=client_credentials&scope=all-apis',
      headers: { authorization: `Basic ${pair}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }
});

/** JVMs of History Servers in sandboxes of this test's folder. */
async function serversOf({ folder }: SparkWorkspace): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!command.startsWith('/') || !command.includes('\0org.apache.spark.deploy.history.HistoryServer')) return [];
      const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
      return !mounts.includes(basename(folder)) ? [] : [Number(pid)];
    }),
  );
  return found.flat();
}
