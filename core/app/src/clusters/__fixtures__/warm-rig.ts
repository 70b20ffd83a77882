import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@slowlane/contracts';
import { type DatabricksClient, createDatabricksClient } from '@slowlane/databricks';
import { createDummyDriver } from '@slowlane/dummy';
import { createWorkspace } from '@slowlane/workspace';

export const token = 'dapi-clusters-test';
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface WarmRig {
  host: string;
  client: DatabricksClient;
  /** A job of an artifact of its own, as the register stage makes it. */
  createJob(revision: string): Promise<string>;
  close(): Promise<void>;
}

/** The local workspace over HTTP; its programs only take some time. It is the judge: what it says of clusters and runs is the truth. */
export async function startWarmRig(runMs: number): Promise<WarmRig> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-warm-'));
  const workspace = await createWorkspace({
    stateDir: join(folder, 'state'),
    volumesDir: join(folder, 'volumes'),
    driver: createDummyDriver({ folder, sleepMs: runMs }),
    root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] },
    token,
    limits: { driverMemoryBytes: 1_024 ** 3, cpus: 2, maxActiveRuns: 50, wallMs: 3_600_000 },
    user: { userName: 'owner@example.org' },
    logger: silent,
    classArchive: false,
  });
  const { url } = await workspace.listen(0, '127.0.0.1');
  const client = createDatabricksClient({ host: url, auth: { token }, userAgent: 'slowlane/test', logger: silent });
  return {
    host: url,
    client,
    async createJob(revision) {
      const jar = `/Volumes/main/apps/artifacts/${revision}.jar`;
      await client.files.put(jar, Buffer.from(`jar ${revision}`));
      return (await client.jobs.create(jobSettings(revision, jar))).jobId;
    },
    async close() {
      await client.close();
      await workspace.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function jobSettings(revision: string, jar: string) {
  const parameters = ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'];
  return {
    name: `slowlane ${revision}`,
    parameters: [
      { name: 'request', default: '' },
      { name: 'result', default: '' },
    ],
    tasks: [
      {
        ...{ task_key: 'main', job_cluster_key: 'main', libraries: [{ jar }] },
        spark_jar_task: { main_class_name: 'acme.Daily', parameters },
      },
    ],
    job_clusters: [
      {
        job_cluster_key: 'main',
        new_cluster: { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 },
      },
    ],
  };
}
