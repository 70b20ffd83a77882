import type { BuildLane, NewRequest, Registration } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';

/** A request that the lanes take; what matters to the test goes into `given`. */
export function sampleRequest(given: Partial<NewRequest> = {}): NewRequest {
  return {
    id: newId('req'),
    correlationId: newId('cor'),
    traceparent: undefined,
    operation: 'daily-sales',
    principal: 'tok_test',
    body: { month: 3, origins: ['EWR', 'JFK'] },
    callback: undefined,
    pin: {
      pipeline: 'daily-sales',
      revision: 1,
      registrationId: newId('reg'),
      artifact: `sha256:${'a'.repeat(64)}`,
      workspace: 'local',
    },
    idempotency: undefined,
    ...given,
  };
}

type NewBuild = Parameters<BuildLane['start']>[0];

/** A build that the lane takes: of a push, unless told otherwise. */
export function sampleBuild(given: Partial<NewBuild> = {}): NewBuild {
  return {
    id: newId('bld'),
    correlationId: newId('cor'),
    pipeline: 'daily-sales',
    revision: 1,
    source: { kind: 'mirror', pipeline: 'daily-sales', ref: 'refs/heads/main', commit: 'c'.repeat(40) },
    purpose: { kind: 'push', pushId: newId('push') },
    principal: 'tok_test',
    language: undefined,
    driver: undefined,
    ...given,
  };
}

/** A registered job that nothing built; what matters to the test goes into `given`. */
export function sampleRegistration(given: Partial<Registration> = {}): Omit<Registration, 'at'> {
  const digest = `sha256:${'0'.repeat(64)}` as const;
  return {
    id: newId('reg'),
    pipeline: 'daily-sales',
    revision: 1,
    target: 'dev',
    workspace: 'local',
    jobId: '1',
    buildId: newId('bld'),
    correlationId: newId('cor'),
    commit: undefined,
    set: { digest, kind: 'jar', primary: { name: 'a.jar', digest, size: 1 }, companions: [] },
    manifest: { plugin: 'scala-sbt', kind: 'jar', main: 'A', mainCandidates: ['A'], spark: 'provided' },
    pool: 'default',
    timeoutMs: 60_000,
    retries: 0,
    ...given,
  };
}
