import type { Case } from '../case.ts';
import { call, claim, cluster, create, http, invalid, job, refused, remove, task } from './make.ts';
import { doc, errorsSdk, issue, jobsSdk, ours, recorded, unverified } from './sources.ts';

const get = (has: Record<string, never> | object) =>
  call('jobs.get', { job_id: '{job_id}' }, { expect: { has: has as Record<string, never> } });
const missing = refused(400, 'INVALID_PARAMETER_VALUE', 'Job .*does not exist', true);
const createHttp = (body: object, expect = invalid()) =>
  http('POST', '/api/2.2/jobs/create', { body: JSON.stringify(body), expect });
const control = { name: 'conformance {unique}' };

export const jobCases: readonly Case[] = [
  claim('jobs/create-answers-id', 'create answers the id, and nothing else', jobsSdk, [
    call('jobs.create', job(), {
      save: { job_id: 'job_id' },
      expect: { wire: { status: 200, present: ['job_id'], absent: ['settings', 'name'] } },
    }),
    remove,
  ]),
  claim('jobs/get-shows-settings', 'get shows the settings below "settings"', jobsSdk, [
    create(),
    get({
      job_id: '{job_id}',
      'settings.name': 'conformance {unique}',
      'settings.tasks.0.task_key': 'main',
      'settings.max_concurrent_runs': 10,
    }),
    remove,
  ]),
  claim('jobs/get-shows-creator', 'get shows who made the job and when', jobsSdk, [
    create(),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      { expect: { wire: { present: ['creator_user_name', 'run_as_user_name', 'created_time'] } } },
    ),
    remove,
  ]),
  claim('jobs/same-name-twice', 'two jobs may have one name', unverified, [
    create(),
    call('jobs.create', job(), { save: { other: 'job_id' }, expect: { has: { job_id: { isNot: '{job_id}' } } } }),
    remove,
    call('jobs.delete', { job_id: '{other}' }),
  ]),
  claim('jobs/get-missing', 'get of a job that is not there is 400 and still "does not exist" to clients', errorsSdk, [
    call('jobs.get', { job_id: 987654321098 }, { expect: missing }),
  ]),
  claim('jobs/delete-then-get', 'a deleted job does not exist', errorsSdk, [
    create(),
    remove,
    call('jobs.get', { job_id: '{job_id}' }, { expect: missing }),
  ]),
  claim('jobs/delete-missing', 'delete of a job that is not there is refused', unverified, [
    call('jobs.delete', { job_id: 987654321098 }, { expect: refused(400, 'INVALID_PARAMETER_VALUE') }),
  ]),
  claim('jobs/default-timeout', 'timeout_seconds is 0 on read when it was left out', recorded, [
    create(),
    get({ 'settings.timeout_seconds': 0 }),
    remove,
  ]),
  claim('jobs/default-max-concurrent', 'max_concurrent_runs is 1 when it was left out', jobsSdk, [
    call('jobs.create', { ...control, tasks: [task()] }, { save: { job_id: 'job_id' } }),
    get({ 'settings.max_concurrent_runs': 1 }),
    remove,
  ]),
  claim('jobs/default-notifications', 'empty notification settings are there on read', recorded, [
    create(),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      { expect: { wire: { has: { 'settings.email_notifications': {}, 'settings.webhook_notifications': {} } } } },
    ),
    remove,
  ]),
  claim('jobs/default-run-if', 'run_if is ALL_SUCCESS when it was left out', recorded, [
    create(),
    get({ 'settings.tasks.0.run_if': 'ALL_SUCCESS' }),
    remove,
  ]),
  claim('jobs/default-security-mode', 'a new cluster is SINGLE_USER when nothing else is said', recorded, [
    create(),
    get({ 'settings.tasks.0.new_cluster.data_security_mode': 'SINGLE_USER' }),
    remove,
  ]),
  claim('jobs/policy-defaults-hidden', 'apply_policy_default_values never comes back', recorded, [
    create({ tasks: [task('main', { new_cluster: { ...cluster, apply_policy_default_values: true } })] }),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      { expect: { wire: { absent: ['settings.tasks.0.new_cluster.apply_policy_default_values'] } } },
    ),
    remove,
  ]),
  claim('jobs/depends-on-sorted', 'depends_on comes back sorted by task key', recorded, [
    create({ tasks: [task('b'), task('a'), task('c', { depends_on: [{ task_key: 'b' }, { task_key: 'a' }] })] }),
    get({ 'settings.tasks.2.depends_on': [{ task_key: 'a' }, { task_key: 'b' }] }),
    remove,
  ]),
  claim('jobs/format-ignored', 'format is ignored on write: a job with tasks is MULTI_TASK', jobsSdk, [
    create({ format: 'SINGLE_TASK' }),
    get({ 'settings.format': 'MULTI_TASK' }),
    remove,
  ]),
  claim('jobs/update-replaces-field', 'update replaces top-level fields and leaves the others', jobsSdk, [
    create({ tags: { a: '1', b: '2' }, description: 'kept' }),
    call('jobs.update', { job_id: '{job_id}', new_settings: { tags: { c: '3' } } }),
    get({ 'settings.tags': { c: '3' }, 'settings.description': 'kept', 'settings.name': 'conformance {unique}' }),
    remove,
  ]),
  claim('jobs/update-merges-tasks', 'update merges tasks by task_key', jobsSdk, [
    create({ tasks: [task('a'), task('b')] }),
    call('jobs.update', { job_id: '{job_id}', new_settings: { tasks: [task('b', { max_retries: 3 }), task('c')] } }),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      {
        expect: {
          count: { 'settings.tasks': 3 },
          has: { 'settings.tasks.0.task_key': 'a', 'settings.tasks.1.max_retries': 3 },
        },
      },
    ),
    remove,
  ]),
  claim('jobs/update-removes-field', 'fields_to_remove takes top-level names', jobsSdk, [
    create({ description: 'gone' }),
    call('jobs.update', { job_id: '{job_id}', fields_to_remove: ['description'] }),
    call('jobs.get', { job_id: '{job_id}' }, { expect: { wire: { absent: ['settings.description'] } } }),
    remove,
  ]),
  claim('jobs/update-removes-task', 'fields_to_remove takes tasks/<key>', jobsSdk, [
    create({ tasks: [task('a'), task('b')] }),
    call('jobs.update', { job_id: '{job_id}', fields_to_remove: ['tasks/a'] }),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      { expect: { count: { 'settings.tasks': 1 }, has: { 'settings.tasks.0.task_key': 'b' } } },
    ),
    remove,
  ]),
  claim('jobs/update-missing', 'update of a job that is not there is refused', unverified, [
    call(
      'jobs.update',
      { job_id: 987654321098, new_settings: { description: 'x' } },
      { expect: invalid('does not exist') },
    ),
  ]),
  claim('jobs/reset-replaces-all', 'reset replaces all settings', jobsSdk, [
    create({ description: 'gone', tags: { a: '1' } }),
    call('jobs.reset', { job_id: '{job_id}', new_settings: { name: 'renamed {unique}', tasks: [task('other')] } }),
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      {
        expect: {
          count: { 'settings.tasks': 1 },
          has: { 'settings.name': 'renamed {unique}', 'settings.tasks.0.task_key': 'other' },
          wire: { absent: ['settings.description', 'settings.tags'] },
        },
      },
    ),
    remove,
  ]),
  claim('jobs/list-by-name', 'list by name is exact and without case', jobsSdk, [
    create(),
    call(
      'jobs.list',
      { name: 'CONFORMANCE {unique}' },
      { expect: { count: { jobs: 1 }, has: { 'jobs.0.job_id': '{job_id}' } } },
    ),
    call('jobs.list', { name: 'conformance {unique} ' }, { expect: { count: { jobs: 0 } } }),
    remove,
  ]),
  claim('jobs/list-empty-has-no-key', 'an empty list has no "jobs" key', jobsSdk, [
    call('jobs.list', { name: 'nobody has {unique}' }, { expect: { count: { jobs: 0 }, wire: { absent: ['jobs'] } } }),
  ]),
  claim('jobs/list-pages', 'list goes on with next_page_token until has_more is false', jobsSdk, [
    create({ name: 'pages {unique}' }),
    call('jobs.create', job({ name: 'pages {unique}' }), { save: { second: 'job_id' } }),
    http('GET', '/api/2.2/jobs/list?limit=1&name=pages%20{unique}', {
      save: { token: 'next_page_token' },
      expect: { has: { has_more: true }, count: { jobs: 1 } },
    }),
    http('GET', '/api/2.2/jobs/list?limit=1&name=pages%20{unique}&page_token={token}', {
      expect: {
        count: { jobs: 1 },
        has: { 'jobs.0.job_id': { oneOf: ['{job_id}', '{second}'] } },
        wire: { absent: ['next_page_token'] },
      },
    }),
    remove,
    call('jobs.delete', { job_id: '{second}' }),
  ]),
  claim(
    'jobs/list-all-pages-by-sdk',
    'clients read a list to its end',
    jobsSdk,
    [
      create({ name: 'pages {unique}' }),
      call('jobs.create', job({ name: 'pages {unique}' }), { save: { second: 'job_id' } }),
      call('jobs.list', { limit: 1, name: 'pages {unique}' }, { expect: { count: { jobs: 2 } } }),
      remove,
      call('jobs.delete', { job_id: '{second}' }),
    ],
    { clients: ['python', 'java'], why: 'this is the paging of the SDKs' },
  ),
  claim('jobs/list-hides-tasks', 'list shows tasks only with expand_tasks', jobsSdk, [
    create(),
    call('jobs.list', { name: 'conformance {unique}' }, { expect: { wire: { absent: ['jobs.0.settings.tasks'] } } }),
    call(
      'jobs.list',
      { name: 'conformance {unique}', expand_tasks: true },
      { expect: { has: { 'jobs.0.settings.tasks.0.task_key': 'main' } } },
    ),
    remove,
  ]),
  claim('jobs/list-limit', 'list takes a limit of 1 to 100', jobsSdk, [
    http('GET', '/api/2.2/jobs/list?limit=101', { expect: invalid() }),
  ]),
  claim('jobs/list-bad-token', 'a page token that nobody gave is refused', unverified, [
    http('GET', '/api/2.2/jobs/list?page_token=nonsense', { expect: refused(400) }),
  ]),
  claim('jobs/get-pages-over-100', 'get shows 100 tasks at a time', jobsSdk, [
    create({ tasks: Array.from({ length: 101 }, (_none, index) => task(`t${index}`)) }),
    http('GET', '/api/2.2/jobs/get?job_id={job_id}', {
      save: { token: 'next_page_token' },
      expect: { count: { 'settings.tasks': 100 } },
    }),
    http('GET', '/api/2.2/jobs/get?job_id={job_id}&page_token={token}', {
      expect: { count: { 'settings.tasks': 1 }, wire: { absent: ['next_page_token'] } },
    }),
    remove,
  ]),
  claim(
    'jobs/get-merges-pages',
    'the SDK puts the pages of one job together',
    jobsSdk,
    [
      create({ tasks: Array.from({ length: 101 }, (_none, index) => task(`t${index}`)) }),
      call('jobs.get', { job_id: '{job_id}' }, { expect: { count: { 'settings.tasks': 101 } } }),
      remove,
    ],
    { clients: ['python', 'java'], why: 'this is the paging of the SDKs' },
  ),
  claim('jobs/get-old-version-whole', 'Jobs 2.1 shows a job of 100 tasks in one answer', jobsSdk, [
    create({ tasks: Array.from({ length: 100 }, (_none, index) => task(`t${index}`)) }),
    http('GET', '/api/2.1/jobs/get?job_id={job_id}', {
      expect: { count: { 'settings.tasks': 100 }, wire: { absent: ['next_page_token'] } },
    }),
    remove,
  ]),
  claim('jobs/ids-are-numbers', 'ids are numbers on the wire', jobsSdk, [
    http('POST', '/api/2.2/jobs/create', {
      body: JSON.stringify(job()),
      save: { job_id: 'job_id' },
      expect: { wire: { headers: { 'content-type': '^application/json' } } },
    }),
    http('GET', '/api/2.2/jobs/get?job_id={job_id}', { expect: { has: { job_id: '{job_id}' } } }),
    remove,
  ]),
  claim('jobs/duplicate-task-key', 'two tasks with one key are refused', jobsSdk, [
    createHttp({ ...control, tasks: [task(), task()] }),
  ]),
  claim('jobs/depends-on-unknown', 'depends_on of an unknown task is refused', unverified, [
    createHttp({ ...control, tasks: [task('a', { depends_on: [{ task_key: 'nobody' }] })] }),
  ]),
  claim('jobs/depends-on-circle', 'a circle of tasks is refused', unverified, [
    createHttp({
      ...control,
      tasks: [task('a', { depends_on: [{ task_key: 'b' }] }), task('b', { depends_on: [{ task_key: 'a' }] })],
    }),
  ]),
  claim('jobs/two-types-in-a-task', 'a task has one type', jobsSdk, [
    createHttp({ ...control, tasks: [task('a', { spark_jar_task: { main_class_name: 'a.B' } })] }),
  ]),
  claim('jobs/unknown-run-if', 'an unknown run_if is refused', jobsSdk, [
    createHttp({ ...control, tasks: [task('a', { run_if: 'SOMETIMES' })] }),
  ]),
  claim('jobs/max-concurrent-limit', 'max_concurrent_runs is at most 1000', jobsSdk, [
    createHttp({ ...control, max_concurrent_runs: 1_001, tasks: [task()] }),
  ]),
  claim('jobs/name-limit', 'a name has at most 4096 bytes', jobsSdk, [
    createHttp({ name: 'x'.repeat(4_097), tasks: [task()] }),
  ]),
  claim('jobs/tags-limit', 'a job has at most 25 tags', jobsSdk, [
    createHttp({
      ...control,
      tags: Object.fromEntries(Array.from({ length: 26 }, (_none, index) => [`t${index}`, 'v'])),
      tasks: [task()],
    }),
  ]),
  claim(
    'jobs/spark-submit-refused',
    'a spark-submit task is refused: the type has been removed',
    doc('https://docs.databricks.com/jobs/spark-submit.html'),
    [
      createHttp(
        { ...control, tasks: [{ task_key: 'a', spark_submit_task: { parameters: ['x'] }, new_cluster: cluster }] },
        refused(400),
      ),
    ],
  ),
  claim('jobs/not-json', 'a body that is no JSON is refused in the usual shape', ours, [
    http('POST', '/api/2.2/jobs/create', {
      body: '{"name":',
      expect: { error: { status: 400 }, wire: { present: ['error_code', 'message'] } },
    }),
  ]),
  claim('jobs/wrong-type', 'a text in place of a number is refused', ours, [
    createHttp({ ...control, timeout_seconds: 'soon', tasks: [task()] }, refused(400)),
  ]),
  claim('jobs/get-without-id', 'get without an id is refused', ours, [
    http('GET', '/api/2.2/jobs/get', { expect: refused(400) }),
  ]),
  claim('jobs/quota-message', 'a job limit is told as QUOTA_EXCEEDED', issue('astronomer/astro-sdk#1550'), [
    {
      fault: {
        route: 'POST /api/*/jobs/create',
        kind: 'status',
        status: 400,
        errorCode: 'QUOTA_EXCEEDED',
        message: 'The quota for the number of jobs has been reached. The current quota is 10000.',
      },
    },
    call('jobs.create', job(), { expect: refused(400, 'QUOTA_EXCEEDED', 'quota') }),
  ]),
];
