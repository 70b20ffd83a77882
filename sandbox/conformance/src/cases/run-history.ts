import type { Case } from '../case.ts';
import {
  call,
  cancel,
  claim,
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
import { control, start } from './run-steps.ts';
import { jobsSdk, ours, unverified } from './sources.ts';

const manyTasks = create({ tasks: Array.from({ length: 101 }, (_none, index) => control(`t${index}`, 'yes')) });
const queued = (name: string) =>
  call('jobs.get_run', { run_id: `{${name}}` }, { until: { has: { 'status.state': 'QUEUED' } } });
const listHttp = (query: string, expect: object) =>
  http('GET', `/api/2.2/jobs/runs/list?job_id={job_id}${query}`, { expect });

export const historyCases: readonly Case[] = [
  claim('runs/get-pages-over-100', 'runs/get shows 100 tasks at a time', jobsSdk, [
    manyTasks,
    runNow(),
    ended({ has: { 'state.result_state': 'SUCCESS' } }),
    http('GET', '/api/2.2/jobs/runs/get?run_id={run_id}', {
      save: { token: 'next_page_token' },
      expect: { count: { tasks: 100 } },
    }),
    http('GET', '/api/2.2/jobs/runs/get?run_id={run_id}&page_token={token}', {
      expect: { count: { tasks: 1 }, has: { run_id: '{run_id}' }, wire: { absent: ['next_page_token'] } },
    }),
    remove,
  ]),
  claim(
    'runs/get-merges-pages',
    'clients put the pages of one run together',
    jobsSdk,
    [
      manyTasks,
      runNow(),
      ended(),
      call('jobs.get_run', { run_id: '{run_id}' }, { expect: { count: { tasks: 101 } } }),
      remove,
    ],
    { clients: ['ours', 'python', 'java'], why: 'this is the paging of the clients' },
  ),
  claim(
    'runs/repair-some',
    'repair of one task leaves the run of the others, and the history tells both',
    jobsSdk,
    [
      program(programs.fails),
      ...start({ tasks: [control('good', 'yes'), task('bad')] }),
      ended({ has: { 'state.result_state': 'FAILED' } }, 'run_id', { good_run: 'tasks.0.run_id' }),
      program(programs.ends),
      call('jobs.repair_run', { run_id: '{run_id}', rerun_tasks: ['bad'] }, { save: { repair_id: 'repair_id' } }),
      ended({ has: { 'state.result_state': 'SUCCESS', tasks: { contains: { run_id: '{good_run}' } } } }),
      call(
        'jobs.get_run',
        { run_id: '{run_id}', include_history: true },
        {
          expect: {
            count: { repair_history: 2, 'repair_history.0.task_run_ids': 2, 'repair_history.1.task_run_ids': 1 },
            has: {
              'repair_history.0.state.result_state': 'FAILED',
              'repair_history.1.id': '{repair_id}',
              'repair_history.1.state.result_state': 'SUCCESS',
            },
          },
        },
      ),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/repair-unknown-task',
    'repair of a task that the job does not have is refused',
    unverified,
    [
      program(programs.fails),
      ...start(),
      ended(),
      call('jobs.repair_run', { run_id: '{run_id}', rerun_tasks: ['nobody'] }, { expect: refused(400) }),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/cancel-all-queued',
    'cancel-all with all_queued_runs and no job cancels what is queued and nothing that runs',
    jobsSdk,
    [
      program(programs.waits),
      ...start({ max_concurrent_runs: 1, queue: { enabled: true } }),
      running(),
      runNow({}, 'second'),
      runNow({}, 'third'),
      queued('second'),
      queued('third'),
      call('jobs.cancel_all_runs', { all_queued_runs: true }),
      ended({ has: { 'state.result_state': 'CANCELED' } }, 'second'),
      ended({ has: { 'state.result_state': 'CANCELED' } }, 'third'),
      running(),
      cancel(),
      ended({ has: { 'state.result_state': 'CANCELED' } }),
      remove,
    ],
    // On a workspace of others it would cancel their runs.
    { needs: ['programs', 'faults'] },
  ),
  claim('runs/cancel-all-without-any', 'cancel-all needs a job or all_queued_runs', unverified, [
    http('POST', '/api/2.2/jobs/runs/cancel-all', { body: '{}', expect: refused(400) }),
  ]),
  claim('runs/list-expand', 'runs/list shows tasks with expand_tasks alone', jobsSdk, [
    create({ tasks: [control('a', 'yes')] }),
    runNow(),
    ended(),
    listHttp('', { count: { runs: 1 }, wire: { absent: ['runs.0.tasks'] } }),
    listHttp('&expand_tasks=true', { has: { 'runs.0.tasks.0.task_key': 'a' } }),
    remove,
  ]),
  claim('runs/list-by-time', 'runs/list takes bounds of the start time', jobsSdk, [
    create({ tasks: [control('a', 'yes')] }),
    runNow(),
    ended({}, 'run_id', { at: 'start_time' }),
    listHttp('&start_time_from={at}', { count: { runs: 1 } }),
    listHttp('&start_time_from=4102444800000', { count: { runs: 0 }, wire: { absent: ['runs'] } }),
    listHttp('&start_time_to=1000', { count: { runs: 0 } }),
    remove,
  ]),
  claim('runs/list-by-type', 'runs/list takes a type of run', jobsSdk, [
    create({ tasks: [control('a', 'yes')] }),
    runNow(),
    ended(),
    listHttp('&run_type=JOB_RUN', { count: { runs: 1 }, has: { 'runs.0.run_type': 'JOB_RUN' } }),
    listHttp('&run_type=SUBMIT_RUN', { count: { runs: 0 } }),
    remove,
  ]),
  claim('runs/echo-overrides', 'a run tells which parameters were given to it', jobsSdk, [
    create({ parameters: [{ name: 'day', default: 'monday' }], tasks: [control('a', 'yes')] }),
    runNow({ job_parameters: { day: 'friday' } }),
    ended({ has: { 'job_parameters.0': { name: 'day', default: 'monday', value: 'friday' } } }),
    remove,
  ]),
  claim(
    'runs/export-of-script',
    'a run that is no notebook has nothing to export',
    unverified,
    [
      program(programs.ends),
      ...start(),
      ended(),
      call('jobs.export_run', { run_id: '{run_id}' }, { expect: refused(400) }),
      remove,
    ],
    withPrograms,
  ),
  claim(
    'runs/late-cancel',
    'a cancel is asynchronous: a run that does not obey shows TERMINATING and is active still',
    ours,
    [
      { fault: { kind: 'late-cancel', delay_ms: 3_000 }, on: 'runs' },
      program(programs.waits),
      ...start(),
      running(),
      cancel(),
      call(
        'jobs.get_run',
        { run_id: '{run_id}' },
        { expect: { has: { 'state.life_cycle_state': 'TERMINATING', 'status.state': 'TERMINATING' } } },
      ),
      call('jobs.list_runs', { job_id: '{job_id}', active_only: true }, { expect: { count: { runs: 1 } } }),
      ended({ has: { 'state.result_state': 'CANCELED' } }),
      remove,
    ],
    withPrograms,
  ),
];
