import {
  mostPartsInAnswer,
  type PartRecord,
  type PartTally,
  type RequestRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import { splitPartId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';
import { findParts, tallyParts } from './find-request.ts';

export interface PartPage {
  parts: PartRecord[];
  tally: PartTally;
  /** Id of the last part here, where more follow. */
  next: string | undefined;
}

/**
 * A page of the parts of a request, and the count of all. Throws `request.invalid` for an `after` that is no part of it.
 */
export async function partPage(
  stores: Pick<EndpointDeps, 'requests' | 'history'>,
  request: RequestRecord,
  { limit, after }: { limit: number; after?: string | undefined } = { limit: mostPartsInAnswer },
): Promise<PartPage> {
  const from = after === undefined ? 0 : indexIn(request, after) + 1;
  const [parts, tally] = await Promise.all([
    findParts(stores, request.id, { from, count: limit }),
    tallyParts(stores, request.id),
  ]);
  return { parts, tally, next: from + limit < request.parts.total ? parts.at(-1)?.id : undefined };
}

function indexIn(request: RequestRecord, after: string): number {
  const part = splitPartId(after);
  if (part?.requestId === request.id) return part.index;
  throw new SlowLaneError('request.invalid', `querystring/after: ${after} is no part of ${request.id}`);
}
