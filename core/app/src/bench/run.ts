import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';
import { parseBytes } from '@slowlane/kit';
import { run } from '@slowlane/process';
import { bareSubmit } from '@slowlane/workspace';
import { workspaceCall } from '../commands/workspace-call.ts';
import type { Installation } from '../processes/installation.ts';
import { localWorkspace } from '../processes/local-workspace.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';
import { type Figure, ratioFigure } from './figures.ts';

const rounds = 4;
/** Epoch milliseconds of its first line, and of the first answer of its Spark. */
const script = `import time
print("first", time.time_ns() // 1_000_000, flush=True)
from pyspark.sql import SparkSession
rows = SparkSession.builder.getOrCreate().range(1000).selectExpr("sum(id)").first()[0]
print("counted", time.time_ns() // 1_000_000, rows, flush=True)
`;

/** Milliseconds from the call to each of the two moments. */
interface Taken {
  first: number;
  counted: number;
}

/** From run-now to the driver's first line, and to Spark's first answer, against bare `spark-submit` with the same settings, in turn. */
export async function benchRun(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const workspace = localWorkspace(installation);
  await untilArchive(installation, say);
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  try {
    const bare = await bareRun(installation, folder);
    const jobId = await createJob(workspace);
    const [ours, raw]: [Taken[], Taken[]] = [[], []];
    // One of each to warm the page cache.
    await runOnce(workspace, jobId);
    await bare();
    for (let round = 0; round < rounds; round++) {
      ours.push(await runOnce(workspace, jobId));
      raw.push(await bare());
    }
    await workspaceCall(workspace, { method: 'POST', path: '/api/2.2/jobs/delete', body: { job_id: jobId } });
    const figure = (name: string, of: (taken: Taken) => number): Figure =>
      ratioFigure(`run-now -> ${name} (raw: bare spark-submit)`, { ours: ours.map(of), raw: raw.map(of) }, 1.15);
    return [figure("driver's first line", ({ first }) => first), figure("Spark's first answer", (one) => one.counted)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs do not wait for the class archive; figures do, because it is made once per machine. */
async function untilArchive({ paths }: Installation, say: (line: string) => void): Promise<void> {
  const folder = join(paths.workspace, 'class-archive');
  const until = performance.now() + 300_000;
  const isThere = (): boolean => {
    try {
      return readdirSync(folder).some((name) => name.endsWith('.jsa'));
    } catch {
      return false;
    }
  };
  if (!isThere()) say('waiting for the class archive of the local workspace ...');
  while (!isThere() && performance.now() < until) await pause(500);
  if (!isThere()) say('there is no class archive: runs start without it');
}

async function bareRun(installation: Installation, folder: string): Promise<() => Promise<Taken>> {
  const { paths, config } = installation;
  const local = config.workspaces['local'];
  const file = join(folder, 'bench.py');
  writeFileSync(file, script);
  mkdirSync(join(folder, 'volumes'));
  const { argv, env, cwd } = await bareSubmit({
    root: (await sandboxRoot(paths, config)).root,
    script: file,
    folder: join(folder, 'scratch'),
    volumesDir: join(folder, 'volumes'),
    cpus: 2,
    driverMemoryBytes: parseBytes(local?.kind === 'local' ? local.memory : '1g'),
  });
  return async () => {
    const begun = Date.now();
    const result = await run(argv, { env, cwd, timeoutMs: 120_000 });
    if (!result.ok)
      throw new SlowLaneError('platform.unexpected', `bare spark-submit ended:\n${result.stderr.slice(-2_000)}`);
    return momentsOf(result.stdout, begun);
  };
}

async function createJob(workspace: { host: string; token: string }): Promise<unknown> {
  const path = '/Shared/slowlane-bench-run.py';
  const content = Buffer.from(script).toString('base64');
  const body = { path, format: 'AUTO', content, overwrite: true };
  await workspaceCall(workspace, { method: 'POST', path: '/api/2.0/workspace/import', body });
  const cluster = { spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' };
  const settings = {
    name: 'slowlane bench run',
    tasks: [{ task_key: 'main', new_cluster: cluster, spark_python_task: { python_file: `/Workspace${path}` } }],
  };
  const made = await workspaceCall(workspace, { method: 'POST', path: '/api/2.2/jobs/create', body: settings });
  return (made as { job_id: unknown }).job_id;
}

async function runOnce(workspace: { host: string; token: string }, jobId: unknown): Promise<Taken> {
  const begun = Date.now();
  const call = { method: 'POST', path: '/api/2.2/jobs/run-now', body: { job_id: jobId } };
  const { run_id: runId } = (await workspaceCall(workspace, call)) as { run_id: number };
  const ask = (path: string): Promise<unknown> =>
    workspaceCall(workspace, { method: 'GET', path: `/api/2.2/jobs/runs/${path}?run_id=${runId}` });
  for (;;) {
    const { status } = (await ask('get')) as { status: { state: string } };
    if (status.state === 'TERMINATED') break;
    await pause(250);
  }
  return momentsOf(((await ask('get-output')) as { logs?: string }).logs ?? '', begun);
}

function momentsOf(said: string, begun: number): Taken {
  const at = (word: string): number => Number(new RegExp(`^${word} (\\d+)`, 'm').exec(said)?.[1] ?? Number.NaN) - begun;
  const taken = { first: at('first'), counted: at('counted') };
  if (Number.isNaN(taken.counted))
    throw new SlowLaneError('platform.unexpected', `the program of the bench did not come to its end:\n${said}`);
  return taken;
}
