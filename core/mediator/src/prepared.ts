import type { RequestRecord } from '@slowlane/contracts';
import type { Mediated } from './mediate.ts';

export interface PreparedRequest {
  request: RequestRecord;
  outcome: Extract<Mediated, { outcome: 'parts' }>;
}

/** What `prepare` has found, for the `split` that usually follows it at once and in the same process. Forgetting it costs time and nothing else. */
export interface Prepared {
  keep(prepared: PreparedRequest): void;
  take(requestId: string): PreparedRequest | undefined;
}

/** A few batches of the queue; with bodies of the largest size that is 64 MiB. */
const MOST = 64;
/** A large split is made again: its documents are many times its body. */
const MOST_PARTS = 16;

export function createPrepared(): Prepared {
  const known = new Map<string, PreparedRequest>();
  return {
    keep(prepared) {
      if (prepared.outcome.parts.length > MOST_PARTS) return;
      known.set(prepared.request.id, prepared);
      if (known.size > MOST) known.delete(known.keys().next().value as string);
    },
    take(requestId) {
      const found = known.get(requestId);
      known.delete(requestId);
      return found;
    },
  };
}
