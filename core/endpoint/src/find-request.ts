import {
  type ApiToken,
  type PartRange,
  type PartRecord,
  type PartTally,
  type RequestRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import { requireScope } from './access.ts';
import type { EndpointDeps } from './endpoint-deps.ts';

type Stores = Pick<EndpointDeps, 'requests' | 'history'>;

/** A request the caller may see: from Redis while it is there, else from history. Throws `request.not-found`, `auth.scope`. */
export async function findRequest(stores: Stores, id: string, caller: ApiToken): Promise<RequestRecord> {
  const request = (await stores.requests.get(id)) ?? (await stores.history.request(id));
  if (request === undefined) throw new SlowLaneError('request.not-found', `there is no request ${id}`);
  requireScope(caller, ['read', `request:${request.operation}`]);
  return request;
}

export async function findParts(stores: Stores, requestId: string, range: PartRange): Promise<PartRecord[]> {
  const parts = await stores.requests.parts(requestId, range);
  return parts.length > 0 ? parts : await stores.history.parts(requestId, range);
}

export async function tallyParts(stores: Stores, requestId: string): Promise<PartTally> {
  const tally = await stores.requests.tallyParts(requestId);
  return Object.keys(tally.states).length > 0 ? tally : await stores.history.tallyParts(requestId);
}
