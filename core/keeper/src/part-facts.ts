import {
  type PartRecord,
  type Pin,
  type Registration,
  type RegistrationStore,
  type RequestLane,
  SlowLaneError,
} from '@slowlane/contracts';

/** What a part is bound to from the moment it is parked: none of it changes, so it is read once. */
export interface Facts {
  pin: Pin;
  registration: Registration;
  resultPath: string;
}

export interface PartFacts {
  /** Throws `platform.unexpected` when the request or its registration is not there. */
  of(part: Pick<PartRecord, 'requestId'>): Promise<Facts>;
}

/** Remembers the last `limit` requests. */
export function createPartFacts(
  requests: Pick<RequestLane, 'get'>,
  registrations: Pick<RegistrationStore, 'get'>,
  limit = 5_000,
): PartFacts {
  const known = new Map<string, Promise<Facts>>();
  return {
    of({ requestId }) {
      const found = known.get(requestId) ?? readFacts(requests, registrations, requestId);
      known.delete(requestId);
      known.set(requestId, found);
      found.catch(() => known.delete(requestId));
      const oldest = known.size > limit ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      return found;
    },
  };
}

async function readFacts(
  requests: Pick<RequestLane, 'get'>,
  registrations: Pick<RegistrationStore, 'get'>,
  requestId: string,
): Promise<Facts> {
  const request = await requests.get(requestId);
  if (request?.resultPath === undefined) throw missing(`request ${requestId} is not there, or was never split`);
  const registration = await registrations.get(request.pin.registrationId);
  if (registration === undefined)
    throw missing(`registration ${request.pin.registrationId} of request ${requestId} is not there`);
  return { pin: request.pin, registration, resultPath: request.resultPath };
}

function missing(message: string): SlowLaneError {
  return new SlowLaneError('platform.unexpected', message);
}
