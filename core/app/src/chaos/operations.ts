import { PipelineFile, type Registration } from '@slowlane/contracts';
import type { DatabricksClient, JobSettings } from '@slowlane/databricks';
import { operationRule } from '@slowlane/kit';
import type { openLedger } from '@slowlane/ledger';
import type { Queue } from '@slowlane/queue';
import { sampleRegistration } from '@slowlane/testkit';

/** One operation of the load, as far as the judge must know it without asking the system. */
export interface Operation {
  name: string;
  /** Share of the requests. */
  share: number;
  pool: string;
  weight: number;
  concurrency: number;
  resources: Record<string, number>;
  regions: number;
  reuse: boolean;
}

/** Skewed, and so that each dimension binds at some time: with an even load only the global one would, and "never over" would prove little. */
export const operations: readonly Operation[] = [
  {
    name: 'daily',
    share: 35,
    pool: 'small',
    weight: 1,
    concurrency: 2,
    resources: { erp: 2 },
    regions: 1,
    reuse: false,
  },
  { name: 'hourly', share: 30, pool: 'small', weight: 1, concurrency: 4, resources: {}, regions: 3, reuse: false },
  {
    name: 'weekly',
    share: 25,
    pool: 'large',
    weight: 2,
    concurrency: 6,
    resources: { erp: 2 },
    regions: 2,
    reuse: false,
  },
  { name: 'warm', share: 10, pool: 'warm', weight: 1, concurrency: 2, resources: {}, regions: 1, reuse: true },
];

export const tenants = ['acme', 'acme', 'acme', 'globex', 'initech'] as const;

/** What the platform says; the operations' own limits come from their files. */
export const gates: Readonly<Record<string, number>> = {
  '*': 4,
  'pool:small': 3,
  'pool:large': 6,
  'pool:warm': 1,
  'ws:local': 5,
  'res:erp': 6,
  'tn:acme': 3,
};

/** Currency per hour, of every pool. A run of the load costs some thousandths. */
export const pricePerHour = 36;

/**
 * Money of the month of one tenant. It is more than one part that nobody has seen run yet is taken to cost (10 minutes, 6.00), and less than two; so it
 * makes people wait at first. Later `tighten` leaves nothing of it for a while.
 */
export const budget = { tenant: 'globex', perMonth: 8 } as const;
export const budgetDimension = `bud:${budget.tenant}`;

/** Every limit of places that must hold; the budget is judged by what was booked, see `judgeMoney`. */
export const limits: Readonly<Record<string, number>> = {
  ...gates,
  ...Object.fromEntries(operations.map(({ name, concurrency }) => [`op:${name}`, concurrency])),
};

/** What one run weighs where, told from the operation's description and the request's tenant. */
export function weightsOf({ name, pool, weight, resources }: Operation, tenant: string): Record<string, number> {
  return {
    '*': 1,
    ...{ [`op:${name}`]: weight, [`pool:${pool}`]: weight, 'ws:local': weight, [`tn:${tenant}`]: weight },
    ...Object.fromEntries(Object.entries(resources).map(([resource, share]) => [`res:${resource}`, share])),
  };
}

/** Applies and registers all of them, as a push would have. */
export async function register(stores: {
  ledger: Awaited<ReturnType<typeof openLedger>>;
  queue: Queue;
  client: DatabricksClient;
}): Promise<void> {
  for (const operation of operations) {
    const { ledger, queue, client } = stores;
    const file = fileOf(operation);
    const { name } = operation;
    const { revision } = await ledger.pipelines.put({ name, file, text: name, origin: 'applied', by: 'chaos' });
    const jar = `/Volumes/main/slowlane/artifacts/${name}.jar`;
    await client.files.mkdir('/Volumes/main/slowlane/artifacts');
    await client.files.put(jar, Buffer.from(name));
    const { jobId } = await client.jobs.create(jobSettings(name, jar));
    const registration: Omit<Registration, 'at'> = sampleRegistration({
      ...{ pipeline: name, revision, jobId, pool: operation.pool, retries: 2 },
      ...(operation.reuse ? { reuse: true } : {}),
    });
    await ledger.registrations.put(registration);
    await queue.gate.declare({ [`op:${name}`]: operationRule(file) });
  }
}

function fileOf({ name, pool, weight, concurrency, resources, regions, reuse }: Operation): PipelineFile {
  return PipelineFile.parse({
    pipeline: name,
    job: { compute: { pool, reuse }, retries: 2, timeout: '1m' },
    operation: {
      mediate:
        regions === 1
          ? {}
          : { split: { by: 'regions', as: 'region', join: name === 'hourly' ? 'best-effort' : 'all-or-nothing' } },
      gates: { concurrency, weight, resources, tenant: 'customer' },
    },
  });
}

function jobSettings(name: string, jar: string): JobSettings {
  const parameters = ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'];
  return {
    name: `slowlane ${name}`,
    max_concurrent_runs: 1_000,
    parameters: ['request', 'result'].map((parameter) => ({ name: parameter, default: '' })),
    tasks: [
      {
        ...{ task_key: 'main', job_cluster_key: 'main', libraries: [{ jar }] },
        spark_jar_task: { main_class_name: 'acme.Main', parameters },
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
