import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { hostilePrograms } from './__fixtures__/hostile-programs.ts';

const folder = '/Volumes/main/apps/code';

describe.skipIf(!canStartTestHelper())('runs that try to hurt others', { timeout: 600_000 }, () => {
  let test: SparkWorkspace;
  beforeAll(async () => {
    test = await startSparkWorkspace({ maxActiveRuns: 10 });
    for (const [name, source] of Object.entries(hostilePrograms))
      await test.upload(`${folder}/${name}.py`, Buffer.from(source));
  }, 900_000);
  afterAll(() => test?.close());

  it('reach nothing of the host, the workspace and other runs, and another run computes on beside them', async () => {
    const bystander = await submit('bystander', [folder]);
    const onVolume = join(test.volumesDir, folder.replace('/Volumes/', ''));
    await vi.waitFor(() => stat(join(onVolume, 'up')), { timeout: 120_000, interval: 100 });

    const state = join(test.folder, 'state');
    const paths = [
      ...[join(state, 'workspace.db'), join(state, 'runs'), test.folder, test.helper.stateDir],
      ...['/etc/shadow', '/root', '/home', '/sys/fs/cgroup'],
    ];
    const port = new URL(test.url).port;
    const [spy, forks, killer, leaver, flood] = await Promise.all([
      outcome('spy', [...paths, port]),
      outcome('forks'),
      outcome('killer'),
      outcome('leaver'),
      outcome('flood'),
    ]);
    expect(spy.found).toEqual({
      read: [],
      processes: [],
      networks: ['lo'],
      connected: ['refused', 'refused'],
      listen: 'listens to itself',
      filled: ['refused', 'refused', 'refused', 'refused'],
      secrets: [],
      root: 'refused',
    });
    expect(forks.found).toBeLessThan(2_048);
    expect(await test.helper.driver.isRunning(forks.sandboxId)).toBe(false);
    expect(killer.result).toBe('FAILED');
    expect(leaver.result).toBe('FAILED');
    expect(flood.logBytes).toBeLessThan(70 * 1_048_576);

    await writeFile(join(onVolume, 'go'), '');
    expect(await outcomeOf(bystander)).toMatchObject({ result: 'SUCCESS', found: 5_050 });
  });

  async function submit(name: string, parameters: string[] = []): Promise<unknown> {
    const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };
    const script = { python_file: `${folder}/${name}.py`, parameters };
    const { run_id: runId } = await test.call('POST', '/api/2.2/jobs/runs/submit', {
      run_name: name,
      tasks: [{ task_key: 'main', new_cluster: cluster, spark_python_task: script }],
    });
    return runId;
  }

  interface Outcome {
    result: string;
    found: unknown;
    sandboxId: string;
    logBytes: number;
  }

  async function outcome(name: string, parameters: string[] = []): Promise<Outcome> {
    return outcomeOf(await submit(name, parameters));
  }

  async function outcomeOf(runId: unknown): Promise<Outcome> {
    const view = await test.ended(runId);
    const [task] = view.tasks as { run_id: number }[];
    const { logs } = await test.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${task?.run_id}`);
    const found = /^found (.*)$/m.exec(String(logs))?.[1];
    const written = join(test.folder, 'state', 'runs', String(task?.run_id), 'record-1', 'stdout');
    return {
      result: (view.state as { result_state: string }).result_state,
      found: found === undefined ? undefined : JSON.parse(found),
      sandboxId: `run-${task?.run_id}`,
      logBytes: (await stat(written)).size,
    };
  }
});
