import { describe, expect, it } from 'vitest';
import { SlowLaneYaml } from '@slowlane/config';
import { workspaceLimits } from './workspace-limits.ts';

function localOf(settings: Record<string, unknown>): Parameters<typeof workspaceLimits>[0] {
  const { workspaces } = SlowLaneYaml.parse({ workspaces: { local: { kind: 'local', ...settings } } });
  const local = workspaces['local'];
  if (local?.kind !== 'local') throw new Error('no local workspace');
  return local.limits;
}

describe('limits of the local workspace in slowlane.yaml', () => {
  it('are those that are named, and no others', () => {
    const rates = { 'POST /jobs/run-now': 20 };
    const limits = localOf({ limits: { saved_jobs: 10, run_job_tasks: 5, calls_per_second: rates } });
    expect(workspaceLimits(limits)).toEqual({ maxRunJobTasks: 5, api: { savedJobs: 10, callsPerSecond: rates } });
    expect(workspaceLimits(localOf({}))).toEqual({ api: {} });
  });

  it('are refused where a rate names no route', () => {
    expect(() => localOf({ limits: { calls_per_second: { 'jobs/list': 1 } } })).toThrow(/METHOD \/path/);
  });
});
