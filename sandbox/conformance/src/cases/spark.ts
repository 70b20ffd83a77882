import type { Case } from '../case.ts';
import { tinyWheel } from '../tiny-wheel.ts';
import { call, claim, cluster, create, ended, program, refused, remove, runNow, task, withSpark } from './make.ts';
import { issue, jobsSdk, workspaceSdk } from './sources.ts';

const at = { cluster_id: '{cluster_id}' };
const makeCluster = call(
  'clusters.create',
  { cluster_name: 'conformance {unique}', ...cluster, autotermination_minutes: 60 },
  { save: { cluster_id: 'cluster_id' } },
);
const runs = call('clusters.get', at, { until: { has: { state: 'RUNNING' } } });
const gone = call('clusters.permanent_delete', at);
const wheel = '{volume}/{unique}/greet-1.0-py3-none-any.whl';
const putWheel = (word: string) =>
  call('files.upload', {
    file_path: wheel,
    contents_base64: tinyWheel('greet', `WORD = "${word}"\n`),
    overwrite: true,
  });
const onCluster = task('main', { libraries: [{ whl: wheel }] });
const { new_cluster: _own, ...reused } = onCluster;
const submit = (name: string) =>
  call(
    'jobs.submit',
    { idempotency_token: `{unique}-${name}`, tasks: [{ ...reused, existing_cluster_id: '{cluster_id}' }] },
    { save: { [name]: 'run_id' } },
  );
const said = (name: string, text: string) =>
  call('jobs.get_run_output', { run_id: `{${name}}` }, { expect: { has: { logs: { matches: text } } } });
const notebook = Buffer.from(
  '# Databricks notebook source\nprint("figures", 6 * 7)\n\n# COMMAND ----------\n\ndbutils.notebook.exit("forty-two")\n',
).toString('base64');
const notebookTask = {
  task_key: 'main',
  notebook_task: { notebook_path: '{folder}/{unique}-notebook' },
  new_cluster: cluster,
};
const putNotebook = call('workspace.import_', {
  path: '{folder}/{unique}-notebook',
  ...{ content: notebook, format: 'SOURCE', language: 'PYTHON', overwrite: true },
});
const success = { has: { 'state.result_state': 'SUCCESS' } } as const;

/** Programs that Spark itself has to run. */
export const sparkCases: readonly Case[] = [
  claim(
    'spark/session',
    'a Python program has a session of Spark, and sees the volume where the client put its file',
    jobsSdk,
    [
      call('files.upload', { file_path: '{volume}/{unique}.txt', contents: 'to be or not to be\n', overwrite: true }),
      program(
        [
          'from pyspark.sql import SparkSession',
          'import sys',
          'spark = SparkSession.builder.getOrCreate()',
          'words = spark.read.text(sys.argv[1]).selectExpr("explode(split(value, \' \')) as word")',
          'print("different words", words.distinct().count())',
        ].join('\n'),
      ),
      create({
        tasks: [
          task('main', {
            spark_python_task: { python_file: '{volume}/{unique}.py', parameters: ['{volume}/{unique}.txt'] },
          }),
        ],
      }),
      runNow(),
      ended(success),
      said('run_id', 'different words 4'),
      remove,
    ],
    withSpark,
  ),
  claim(
    'spark/warm-library',
    'a cluster that runs keeps the library it has loaded, whatever becomes of its file',
    issue('databricks/cli#2502'),
    [
      makeCluster,
      runs,
      program('import greet\nprint("the word is", greet.WORD)\n'),
      putWheel('old'),
      submit('first'),
      ended(success, 'first'),
      said('first', 'the word is old'),
      putWheel('new'),
      submit('second'),
      ended(success, 'second'),
      said('second', 'the word is old'),
      call('clusters.restart', at),
      runs,
      submit('third'),
      ended(success, 'third'),
      said('third', 'the word is new'),
      gone,
    ],
    withSpark,
  ),
  claim(
    'spark/existing-cluster',
    'a run on a cluster that was there tells its id',
    jobsSdk,
    [
      makeCluster,
      runs,
      program('print("here")\n'),
      putWheel('x'),
      submit('run_id'),
      ended({ has: { 'tasks.0.cluster_instance.cluster_id': '{cluster_id}' } }),
      gone,
    ],
    withSpark,
  ),
  claim(
    'spark/notebook-exit',
    'get-output of a notebook has what dbutils.notebook.exit was given, and no logs',
    jobsSdk,
    [
      putNotebook,
      create({ tasks: [notebookTask] }),
      runNow(),
      ended(success),
      call(
        'jobs.get_run_output',
        { run_id: '{run_id}' },
        { expect: { has: { 'notebook_output.result': 'forty-two' }, wire: { absent: ['logs'] } } },
      ),
      remove,
    ],
    { ...withSpark, clients: ['raw', 'python', 'java'], why: 'our client runs no notebooks' },
  ),
  claim(
    'spark/notebook-export',
    'export of a notebook run is a page with its cells and what they printed',
    jobsSdk,
    [
      putNotebook,
      create({ tasks: [notebookTask] }),
      runNow(),
      ended(success, 'run_id', { task_run: 'tasks.0.run_id' }),
      call(
        'jobs.export_run',
        { run_id: '{task_run}' },
        {
          expect: {
            count: { views: 1 },
            has: { 'views.0.type': 'NOTEBOOK', 'views.0.content': { matches: 'figures 42' } },
          },
        },
      ),
      remove,
    ],
    { ...withSpark, clients: ['raw', 'python', 'java'], why: 'our client runs no notebooks' },
  ),
  claim(
    'spark/notebook-missing',
    'a run of a notebook that is not there fails',
    workspaceSdk,
    [
      create({
        tasks: [{ ...notebookTask, notebook_task: { notebook_path: '{folder}/{unique}-none' } }],
      }),
      runNow(),
      ended({ has: { 'state.result_state': 'FAILED' } }),
      call('jobs.export_run', { run_id: '{run_id}' }, { expect: refused(400) }),
      remove,
    ],
    { ...withSpark, clients: ['raw', 'python', 'java'], why: 'our client runs no notebooks' },
  ),
];
