import type { JsonObject } from '@slowlane/contracts';
import type { Expect } from '../case.ts';
import { call, create, refused, runNow } from './make.ts';
import { doc } from './sources.ts';

export const limits = doc('https://docs.databricks.com/api/jobs/v2/run-now.md');
export const result = (state: string, code: string, lifeCycle = 'TERMINATED'): Expect => ({
  has: {
    'state.life_cycle_state': lifeCycle,
    'state.result_state': state,
    'status.state': 'TERMINATED',
    'status.termination_details.code': code,
  },
});
export const missingRun = refused(400, 'INVALID_PARAMETER_VALUE', "Run .*(does not exist|doesn't exist)", true);
export const control = (key: string, left: string, more: object = {}) => ({
  task_key: key,
  condition_task: { left, op: 'EQUAL_TO', right: 'yes' },
  ...more,
});
export const after = (key: string, outcome?: string) => ({
  depends_on: [{ task_key: key, ...(outcome === undefined ? {} : { outcome }) }],
});
export const start = (more: JsonObject = {}) => [create(more), runNow()];
export const lost = { route: 'POST /api/*/jobs/run-now', kind: 'reply-lost' };
export const oneRun = call('jobs.list_runs', { job_id: '{job_id}' }, { expect: { count: { runs: 1 } } });
