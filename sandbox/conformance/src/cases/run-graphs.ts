import type { Case } from '../case.ts';
import {
  call,
  cancel,
  claim,
  cluster,
  create,
  ended,
  http,
  program,
  programs,
  refused,
  remove,
  runNow,
  running,
  task,
  withPrograms,
} from './make.ts';
import { issue, jobsSdk, unverified } from './sources.ts';
import { control, after, start } from './run-steps.ts';

export const graphCases: readonly Case[] = [
  claim(
    'runs/skipped-over-limit',
    'a run over max_concurrent_runs is made and SKIPPED',
    issue('databricks/cli#257'),
    [
      program(programs.waits),
      ...start({ max_concurrent_runs: 1, queue: { enabled: false } }),
      running(),
      runNow({}, 'second'),
      ended(
        {
          has: {
            'state.life_cycle_state': 'SKIPPED',
            'state.result_state': 'MAXIMUM_CONCURRENT_RUNS_REACHED',
            'state.state_message': { matches: 'limit of 1 maximum concurrent runs' },
          },
        },
        'second',
      ),
      cancel(),
      ended(),
      remove,
    ],
    withPrograms,
  ),
  claim('runs/zero-skips-all', 'max_concurrent_runs of 0 skips every run', jobsSdk, [
    create({ max_concurrent_runs: 0 }),
    runNow(),
    ended({ has: { 'state.life_cycle_state': 'SKIPPED' } }),
    remove,
  ]),
  claim(
    'runs/queued-over-limit',
    'with a queue the run is QUEUED, with the reason',
    jobsSdk,
    [
      program(programs.waits),
      ...start({ max_concurrent_runs: 1, queue: { enabled: true } }),
      running(),
      runNow({}, 'second'),
      call(
        'jobs.get_run',
        { run_id: '{second}' },
        {
          until: {
            has: {
              'status.state': 'QUEUED',
              'state.life_cycle_state': 'QUEUED',
              'status.queue_details.code': 'MAX_CONCURRENT_RUNS_REACHED',
            },
          },
        },
      ),
      cancel('second'),
      ended({ has: { 'state.result_state': 'CANCELED' } }, 'second'),
      cancel(),
      ended(),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/queue-goes-on',
    'a queued run starts when a place is free',
    jobsSdk,
    [
      program(programs.waits),
      ...start({ max_concurrent_runs: 1, queue: { enabled: true } }),
      running(),
      runNow({}, 'second'),
      cancel(),
      ended(),
      running('second'),
      cancel('second'),
      ended({}, 'second'),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/submit',
    'a submitted run is no job',
    jobsSdk,
    [
      program(programs.ends),
      call(
        'jobs.submit',
        { run_name: 'once {unique}', idempotency_token: '{unique}', tasks: [task()] },
        { save: { run_id: 'run_id' } },
      ),
      ended({ has: { 'state.result_state': 'SUCCESS', run_name: 'once {unique}', run_type: 'SUBMIT_RUN' } }),
      call('jobs.list', { name: 'once {unique}' }, { expect: { count: { jobs: 0 } } }),
    ],
    withPrograms,
  ),
  claim(
    'runs/submit-name',
    'a submitted run without a name is "Untitled"',
    jobsSdk,
    [
      program(programs.ends),
      call('jobs.submit', { idempotency_token: '{unique}', tasks: [task()] }, { save: { run_id: 'run_id' } }),
      ended({ has: { run_name: 'Untitled' } }),
    ],
    withPrograms,
  ),
  claim('runs/submit-no-job-clusters', 'submit knows no job_clusters', jobsSdk, [
    http('POST', '/api/2.2/jobs/runs/submit', {
      body: JSON.stringify({
        tasks: [{ task_key: 'a', spark_python_task: { python_file: '/Volumes/x/y/z/a.py' }, job_cluster_key: 'c' }],
        job_clusters: [{ job_cluster_key: 'c', new_cluster: cluster }],
      }),
      expect: refused(400),
    }),
  ]),
  claim(
    'runs/submit-token',
    'one token submits one run',
    jobsSdk,
    [
      program(programs.ends),
      call('jobs.submit', { idempotency_token: '{unique}', tasks: [task()] }, { save: { run_id: 'run_id' } }),
      call(
        'jobs.submit',
        { idempotency_token: '{unique}', tasks: [task()] },
        { expect: { has: { run_id: '{run_id}' } } },
      ),
      ended(),
    ],
    withPrograms,
  ),
  claim(
    'runs/timeout',
    'a run past timeout_seconds is TIMEDOUT',
    jobsSdk,
    [
      program(programs.waits),
      ...start({ timeout_seconds: 5 }),
      ended({ has: { 'state.result_state': 'TIMEDOUT' } }),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/retries',
    'a failed task is tried again with the next attempt number',
    jobsSdk,
    [
      program(programs.fails),
      ...start({ tasks: [task('main', { max_retries: 1 })] }),
      ended({ has: { 'state.result_state': 'FAILED', tasks: { contains: { attempt_number: 1 } } } }),
      remove,
    ],
    withPrograms,
  ),
  claim('runs/condition-true', 'a condition opens the branch of its outcome alone', jobsSdk, [
    create({
      tasks: [
        control('if', 'yes'),
        control('then', 'yes', after('if', 'true')),
        control('else', 'yes', after('if', 'false')),
      ],
    }),
    runNow(),
    ended({
      has: {
        'tasks.0.condition_task.outcome': 'true',
        'tasks.1.state.result_state': 'SUCCESS',
        'tasks.2.state.result_state': 'EXCLUDED',
      },
    }),
    remove,
  ]),
  claim('runs/condition-false', 'a condition that does not hold has the outcome "false" and still succeeds', jobsSdk, [
    create({ tasks: [control('if', 'no')] }),
    runNow(),
    ended({ has: { 'tasks.0.condition_task.outcome': 'false', 'state.result_state': 'SUCCESS' } }),
    remove,
  ]),
  claim('runs/condition-number', 'GREATER_THAN compares figures', jobsSdk, [
    create({ tasks: [{ task_key: 'if', condition_task: { left: '10', op: 'GREATER_THAN', right: '9' } }] }),
    runNow(),
    ended({ has: { 'tasks.0.condition_task.outcome': 'true' } }),
    remove,
  ]),
  claim('runs/condition-parameter', 'a condition reads job parameters', unverified, [
    create({ parameters: [{ name: 'go', default: 'no' }], tasks: [control('if', '{{job.parameters.go}}')] }),
    runNow({ job_parameters: { go: 'yes' } }),
    ended({ has: { 'tasks.0.condition_task.outcome': 'true' } }),
    remove,
  ]),
  claim(
    'runs/upstream-failed',
    'a task after a failed one is UPSTREAM_FAILED and never runs',
    jobsSdk,
    [
      program(programs.fails),
      ...start({ tasks: [task('a'), control('b', 'yes', after('a'))] }),
      ended({ has: { 'tasks.1.state.result_state': 'UPSTREAM_FAILED' } }),
      remove,
    ],
    withPrograms,
  ),
  ...(['ALL_DONE', 'AT_LEAST_ONE_FAILED', 'ALL_FAILED'] as const).map((runIf) =>
    claim(
      `runs/run-if-${runIf.toLowerCase()}`,
      `a task with run_if ${runIf} runs after a failure`,
      jobsSdk,
      [
        program(programs.fails),
        ...start({ tasks: [task('a'), control('b', 'yes', { ...after('a'), run_if: runIf })] }),
        ended({ has: { 'tasks.1.state.result_state': 'SUCCESS' } }),
        remove,
      ],
      withPrograms,
    ),
  ),
  claim('runs/run-if-excluded', 'ALL_FAILED after a success is EXCLUDED', jobsSdk, [
    create({ tasks: [control('a', 'yes'), control('b', 'yes', { ...after('a'), run_if: 'ALL_FAILED' })] }),
    runNow(),
    ended({ has: { 'tasks.1.state.result_state': 'EXCLUDED', 'state.result_state': 'SUCCESS' } }),
    remove,
  ]),
  claim('runs/run-job', 'a run-job task runs another job and tells its run', jobsSdk, [
    call('jobs.create', { name: 'inner {unique}', tasks: [control('a', 'yes')] }, { save: { inner: 'job_id' } }),
    create({ tasks: [{ task_key: 'outer', run_job_task: { job_id: '{inner}' } }] }),
    runNow(),
    ended({ has: { 'state.result_state': 'SUCCESS' } }),
    call(
      'jobs.list_runs',
      { job_id: '{inner}' },
      { expect: { count: { runs: 1 }, has: { 'runs.0.trigger': 'RUN_JOB_TASK' } } },
    ),
    remove,
    call('jobs.delete', { job_id: '{inner}' }),
  ]),
  claim('runs/for-each', 'a for-each task runs once per input', jobsSdk, [
    create({
      tasks: [
        {
          task_key: 'each',
          for_each_task: {
            inputs: '["yes","no","yes"]',
            concurrency: 2,
            task: { task_key: 'one', condition_task: { left: '{{input}}', op: 'EQUAL_TO', right: 'yes' } },
          },
        },
      ],
    }),
    runNow(),
    ended({
      has: { 'state.result_state': 'SUCCESS', 'tasks.0.for_each_task.stats.task_run_stats.total_iterations': 3 },
    }),
    remove,
  ]),
];
