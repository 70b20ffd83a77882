import type { Case } from '../case.ts';
import { call, claim, cluster, create, program, programs, remove, runNow, withClusters, withPrograms } from './make.ts';
import { control, start } from './run-steps.ts';
import { computeSdk, jobsSdk } from './sources.ts';

const bySdks = { clients: ['python', 'java'] as const, why: 'only the SDKs have calls that wait' };
const waitForRun = (expect: object) =>
  call('jobs.wait_get_run_job_terminated_or_skipped', { run_id: '{run_id}' }, { expect });
const at = { cluster_id: '{cluster_id}' };
const makeCluster = call(
  'clusters.create',
  { cluster_name: 'conformance {unique}', ...cluster, autotermination_minutes: 60 },
  { save: { cluster_id: 'cluster_id' } },
);
/** What waits fails without a status: nothing was refused. */
const failed = (message: string) => ({ error: { status: 0, message } });

/** The loops of the SDKs, which decide by the states that a workspace shows. */
export const waitCases: readonly Case[] = [
  claim(
    'waits/run',
    'the wait for a run ends when it is TERMINATED, with the run',
    jobsSdk,
    [program(programs.ends), ...start(), waitForRun({ has: { 'state.result_state': 'SUCCESS' } }), remove],
    { ...withPrograms, ...bySdks },
  ),
  claim(
    'waits/run-failed',
    'the wait for a run that ends INTERNAL_ERROR fails and says so',
    jobsSdk,
    [program(programs.fails), ...start(), waitForRun(failed('INTERNAL_ERROR')), remove],
    { ...withPrograms, ...bySdks },
  ),
  claim(
    'waits/run-skipped',
    'the wait for a run that is SKIPPED ends like one that ran',
    jobsSdk,
    [
      create({ max_concurrent_runs: 0, tasks: [control('a', 'yes')] }),
      runNow(),
      waitForRun({ has: { 'state.life_cycle_state': 'SKIPPED' } }),
      remove,
    ],
    bySdks,
  ),
  claim(
    'waits/cluster',
    'the waits for a cluster end when it runs, and when it has ended',
    computeSdk,
    [
      makeCluster,
      call('clusters.wait_get_cluster_running', at, { expect: { has: { state: 'RUNNING' } } }),
      call('clusters.delete', at),
      call('clusters.wait_get_cluster_terminated', at, { expect: { has: { state: 'TERMINATED' } } }),
      call('clusters.permanent_delete', at),
    ],
    { ...withClusters, ...bySdks },
  ),
  claim(
    'waits/cluster-failed',
    'the wait for a cluster that ends before it runs fails and says so',
    computeSdk,
    [
      { fault: { kind: 'start-fails' }, on: 'clusters' },
      makeCluster,
      call('clusters.wait_get_cluster_running', at, { expect: failed('TERMINATED') }),
      call('clusters.permanent_delete', at),
    ],
    { ...withClusters, ...bySdks },
  ),
];
