import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
let jobId: number;
let destinationId: string;
beforeAll(async () => {
  test = await startTestWorkspace({ maxActiveRuns: 50 });
  jobId = await createJarJob(test);
  await test.post('/api/2.0/secrets/scopes/create', { scope: 'erp' });
  const config = { email: { addresses: ['a@example.org'] } };
  const made = await test.post('/api/2.0/notification-destinations', { display_name: 'x', config });
  destinationId = String(made.body.id);
});
afterAll(() => test.close());

/** What takes the place of one value of a good body after the other. */
const odd: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    1e300,
    '',
    'x',
    '\u0000',
    '\ud800',
    'a'.repeat(20_000),
    '{{x}}',
    '{{secrets/a/b}}',
  ],
  ...[
    [],
    [null],
    [[]],
    ['x', 'x'],
    {},
    { a: { b: [1] } },
    { length: 3 },
    { toString: 'x', constructor: 1, hasOwnProperty: null },
  ],
];

function bodies(): [string, unknown][] {
  const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };
  const condition = { left: '{{job.parameters.a}}', op: 'EQUAL_TO', right: '1' };
  const graph = {
    name: 'graph',
    tags: { owner: 'me' },
    parameters: [{ name: 'a', default: '1' }],
    job_clusters: [
      { job_cluster_key: 'c', new_cluster: { ...cluster, autoscale: { min_workers: 1, max_workers: 2 } } },
    ],
    schedule: { quartz_cron_expression: '0 0 4 * * ?', timezone_id: 'UTC', pause_status: 'PAUSED' },
    email_notifications: { on_failure: ['a@example.org'] },
    webhook_notifications: { on_failure: [{ id: destinationId }] },
    health: { rules: [{ metric: 'RUN_DURATION_SECONDS', op: 'GREATER_THAN', value: 1 }] },
    queue: { enabled: true },
    tasks: [
      { task_key: 'if', condition_task: condition, max_retries: 1, min_retry_interval_millis: 1 },
      {
        task_key: 'each',
        depends_on: [{ task_key: 'if', outcome: 'true' }],
        run_if: 'ALL_DONE',
        for_each_task: { inputs: '[1,2]', concurrency: 2, task: { task_key: 'one', condition_task: condition } },
      },
      { task_key: 'job', run_job_task: { job_id: jobId, job_parameters: { a: '1' } } },
    ],
  };
  const acl = { access_control_list: [{ group_name: 'users', permission_level: 'CAN_VIEW' }] };
  return [
    ['/api/2.2/jobs/create', jarJob({ schedule: graph.schedule })],
    ['/api/2.2/jobs/create', graph],
    ['/api/2.2/jobs/update', { job_id: jobId, new_settings: graph, fields_to_remove: ['tasks/x'] }],
    ['/api/2.2/jobs/reset', { job_id: jobId, new_settings: jarJob() }],
    [
      '/api/2.2/jobs/run-now',
      { job_id: jobId, job_parameters: { request: 'x' }, only: ['main'], queue: { enabled: true } },
    ],
    ['/api/2.2/jobs/runs/submit', { run_name: 'x', idempotency_token: 't', tasks: graph.tasks, timeout_seconds: 1 }],
    ['/api/2.2/jobs/runs/repair', { run_id: 1, rerun_tasks: ['a'], latest_repair_id: 1, job_parameters: { a: 'b' } }],
    [
      '/api/2.1/clusters/create',
      { ...cluster, spark_conf: { a: 'b' }, spark_env_vars: { A: 'b' }, custom_tags: { a: 'b' } },
    ],
    [
      '/api/2.1/clusters/events',
      { cluster_id: 'x', order: 'ASC', page_size: 1, event_types: ['RUNNING'], start_time: 1 },
    ],
    [
      '/api/2.0/libraries/install',
      { cluster_id: 'x', libraries: [{ jar: '/Volumes/a/b/c/d.jar' }, { pypi: { package: 'a' } }] },
    ],
    [
      '/api/2.0/libraries/install',
      { cluster_id: 'x', libraries: [{ maven: { coordinates: 'a:b:1', exclusions: ['x:y'] } }] },
    ],
    ['/api/2.0/policies/clusters/create', { name: 'p', definition: '{"num_workers":{"type":"fixed","value":0}}' }],
    ['/api/2.0/instance-pools/create', { instance_pool_name: 'p', node_type_id: 'local', min_idle_instances: 0 }],
    ['/api/2.0/secrets/put', { scope: 'erp', key: 'k', string_value: 'v' }],
    ['/api/2.0/secrets/acls/put', { scope: 'erp', principal: 'x', permission: 'READ' }],
    ['/api/2.0/token/create', { comment: 'c', lifetime_seconds: 60 }],
    ['/api/2.0/dbfs/put', { path: '/odd/f', contents: 'eA==', overwrite: true }],
    ['/api/2.0/dbfs/move', { source_path: '/odd/f', destination_path: '/odd/g' }],
    [
      '/api/2.0/workspace/import',
      { path: '/Shared/odd', content: 'MQ==', format: 'SOURCE', language: 'PYTHON', overwrite: true },
    ],
    ['/api/2.0/workspace/import', { path: '/Shared/oddj', content: jupyter(), format: 'JUPYTER', overwrite: true }],
    ['/api/2.0/workspace/delete', { path: '/Shared/odd', recursive: true }],
    [
      '/api/2.0/fs/create-upload-part-urls',
      { path: '/Volumes/a/b/c/d', session_token: 'x', start_part_number: 1, count: 1 },
    ],
    [`/api/2.0/permissions/jobs/${jobId}`, acl],
    ['/slowlane/faults', { route: 'GET /nowhere', kind: 'status', status: 500, count: 1, body: 'x' }],
    ['/slowlane/foreign-runs', { run_name: 'x', cluster_id: 'x' }],
  ];
}

const oddInQuery = [
  ...['NAME', 'NAME=', 'NAME=x', 'NAME=-1', 'NAME=0', 'NAME=1.5', 'NAME=9007199254740993', 'NAME=1e400', 'NAME=null'],
  ...['NAME=a&NAME=b', 'NAME[]=1', 'NAME[a]=1', 'NAME.a=1', 'NAME=%00', 'NAME=%ff', 'NAME=%', 'NAME=%ed%a0%80'],
  ...[
    'NAME=..%2F..',
    'NAME=%2FVolumes%2F..',
    'NAME=true&NAME=false',
    'NAME=__proto__',
    'NAME=eyJhIjoxfQ',
    `NAME=${'a'.repeat(5_000)}`,
  ],
];

function queries(): [string, Record<string, string>][] {
  const page = { page_token: 'x' };
  return [
    ['/api/2.2/jobs/list', { limit: '1', name: 'x', expand_tasks: 'true', ...page }],
    ['/api/2.2/jobs/get', { job_id: '1', ...page }],
    ['/api/2.2/jobs/runs/get', { run_id: '1', include_history: 'true', ...page }],
    [
      '/api/2.2/jobs/runs/list',
      { job_id: '1', active_only: 'true', run_type: 'JOB_RUN', start_time_from: '1', ...page },
    ],
    ['/api/2.2/jobs/runs/get-output', { run_id: '1' }],
    ['/api/2.2/jobs/runs/export', { run_id: '1', views_to_export: 'ALL' }],
    [
      '/api/2.1/clusters/list',
      { page_size: '1', 'filter_by.cluster_states': 'RUNNING', 'sort_by.field': 'DEFAULT', ...page },
    ],
    ['/api/2.1/clusters/get', { cluster_id: 'x' }],
    ['/api/2.0/libraries/cluster-status', { cluster_id: 'x' }],
    ['/api/2.0/policies/clusters/get', { policy_id: 'x' }],
    ['/api/2.0/instance-pools/get', { instance_pool_id: 'x' }],
    ['/api/2.0/secrets/get', { scope: 'erp', key: 'x' }],
    ['/api/2.0/dbfs/read', { path: '/x', offset: '0', length: '1' }],
    ['/api/2.0/workspace/export', { path: '/Shared/x', format: 'SOURCE', direct_download: 'true' }],
    ['/api/2.0/workspace/list', { path: '/Shared' }],
    ['/api/2.0/fs/directories/Volumes/main', { page_size: '1', ...page }],
    ['/api/2.0/fs/files/Volumes/main/apps/artifacts/orders.jar', { x: '1' }],
    ['/slowlane/requests', { after: '1', limit: '1' }],
  ];
}

function jupyter(): string {
  const text = JSON.stringify({ cells: [{ cell_type: 'code', source: ['1'] }], metadata: {}, nbformat: 4 });
  return Buffer.from(text).toString('base64');
}

describe('a good body with one odd value', () => {
  it('is taken or refused, and never an accident of the server', async () => {
    const accidents: string[] = [];
    for (const [path, good] of bodies()) {
      const method = path.includes('/permissions/') ? 'PUT' : 'POST';
      for (const body of variants(good)) {
        const text = JSON.stringify(body);
        const answer = await test.send(method, path, { body: text, headers: { 'content-type': 'application/json' } });
        const isShaped = answer.status < 400 || typeof answer.body.error_code === 'string';
        if (answer.status === 500 || !isShaped) accidents.push(`${answer.status} ${path} ${text.slice(0, 600)}`);
      }
    }
    expect(accidents).toEqual([]);
  });

  it.each(queries())('is no accident of the server in the query of %s either', async (path, query) => {
    const accidents: string[] = [];
    for (const name of Object.keys(query))
      for (const value of oddInQuery) {
        const text = new URLSearchParams(Object.entries(query).filter(([one]) => one !== name)).toString();
        const answer = await test.get(`${path}?${text}&${value.replaceAll('NAME', name)}`);
        const isShaped = answer.status < 400 || typeof answer.body.error_code === 'string';
        if (answer.status === 500 || !isShaped) accidents.push(`${answer.status} ${name} ${value}`);
      }
    expect(accidents).toEqual([]);
  });

  it('leaves a server that shows what it took', async () => {
    const lists = [
      '/api/2.2/jobs/list?expand_tasks=true',
      '/api/2.2/jobs/runs/list?expand_tasks=true',
      '/api/2.1/clusters/list',
    ];
    for (const url of [...lists, '/api/2.0/workspace/list?path=/Shared', '/api/2.0/dbfs/list?path=/'])
      expect((await test.get(url)).status, url).toBe(200);
  });
});

/** The value with each of its parts, itself included, replaced by each odd value, and with each key left out. */
function* variants(value: unknown): Generator<unknown> {
  yield* odd;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const copy = (more: object): unknown =>
      Array.isArray(value) ? Object.assign([...value], more) : { ...value, ...more };
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([one]) => one !== key));
    for (const odder of variants((value as Record<string, unknown>)[key])) yield copy({ [key]: odder });
  }
}
