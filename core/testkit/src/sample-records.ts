import type { BuildLane, NewRequest } from '@slowlane/contracts';
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
