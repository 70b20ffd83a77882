import type { Case } from '../case.ts';
import { call, claim, cluster, create, ended, program, programs, remove, runNow, task, withPrograms } from './make.ts';
import { doc, jobsSdk } from './sources.ts';

const delivery = doc('https://docs.databricks.com/compute/configure#compute-log-delivery');
const destination = '{volume}/{unique}-logs';
const withLogs = create({
  tasks: [task('main', { new_cluster: { ...cluster, cluster_log_conf: { volumes: { destination } } } })],
});
const bySome = {
  clients: ['raw', 'python', 'java'] as const,
  why: 'our client does not carry the cluster of a run here',
};
const read = (name: string, matches: string) =>
  call(
    'files.download',
    { file_path: `${destination}/{cluster_id}/driver/${name}` },
    { until: { has: { contents: { matches } } } },
  );

/** What `cluster_log_conf` delivers. A real workspace may take minutes after the end of the cluster. */
export const logCases: readonly Case[] = [
  claim(
    'logs/delivered',
    'what a driver prints is delivered below the id of its cluster, in driver/stdout',
    delivery,
    [
      program(programs.ends),
      withLogs,
      runNow(),
      ended({}, 'run_id', { cluster_id: 'tasks.0.cluster_instance.cluster_id' }),
      read('stdout', 'said'),
      remove,
    ],
    { ...withPrograms, ...bySome },
  ),
  claim('logs/stored', 'the destination comes back with the settings of the job', jobsSdk, [
    withLogs,
    call(
      'jobs.get',
      { job_id: '{job_id}' },
      { expect: { has: { 'settings.tasks.0.new_cluster.cluster_log_conf': { volumes: { destination } } } } },
    ),
    remove,
  ]),
];
