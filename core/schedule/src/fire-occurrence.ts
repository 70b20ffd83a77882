import {
  type NewRequest,
  type PipelineRevision,
  type RegistrationStore,
  type RequestLane,
  type ScheduleEntry,
} from '@slowlane/contracts';
import { pinTo, tenantOf } from '@slowlane/kit';
import { occurrenceId } from './occurrence-id.ts';

export interface FireDeps {
  requests: Pick<RequestLane, 'accept'>;
  registrations: Pick<RegistrationStore, 'current'>;
}

/**
 * Makes the request of one occurrence, pinned to what is registered now; again and again the same one. Returns its id. Throws `pipeline.not-registered`, and what
 * `RequestLane.accept` throws.
 */
export async function fireOccurrence(
  deps: FireDeps,
  revision: PipelineRevision,
  { entry, at }: { entry: ScheduleEntry; at: number },
): Promise<string> {
  const schedule = { pipeline: revision.name, name: entry.name };
  const principal = `schedule:${entry.name}`;
  const { request } = await deps.requests.accept({
    id: occurrenceId('req', schedule, at),
    correlationId: occurrenceId('cor', schedule, at),
    traceparent: undefined,
    operation: revision.name,
    principal,
    tenant: tenantOf(revision.file, { principal, body: entry.body }),
    body: entry.body,
    callback: undefined,
    pin: await pinOf(deps, revision),
    idempotency: undefined,
    redact: revision.file.operation.redact ?? [],
  });
  return request.id;
}

async function pinOf({ registrations }: FireDeps, revision: PipelineRevision): Promise<NewRequest['pin']> {
  const target = Object.keys(revision.file.targets)[0];
  return pinTo(revision, target, target === undefined ? undefined : await registrations.current(revision.name, target));
}
