import type { Trigger } from './dispatcher.ts';
import { type BatchJob, type BatchKind, isBatchKind } from './schema.ts';

/**
 * Requests and parts that come together are carried together: what BullMQ costs for a queue job is then shared by all of a batch. Whoever has to
 * wait, breaks, or was in a queue job that did not end, goes on alone: see `run-batch.ts` and docs/adr/0044-batches.md.
 */
export interface Batches {
  alone: Trigger[];
  batches: { nonce: string; job: BatchJob }[];
}

/** Small enough that several nodes share a rush, large enough that a queue job's price hardly counts. */
const MOST = 16;

export function batchesOf(triggers: readonly Trigger[]): Batches {
  const carried = Map.groupBy(triggers.filter(mayBeCarried), ({ kind }) => kind as BatchKind);
  const sets = [...carried].flatMap(([kind, ofKind]) => chunksOf(ofKind).map((chunk) => ({ kind, chunk })));
  return {
    alone: [
      ...triggers.filter((trigger) => !mayBeCarried(trigger)),
      ...sets.flatMap(({ chunk }) => (chunk.length === 1 ? chunk : [])),
    ],
    batches: sets.flatMap(({ kind, chunk }) => {
      const [first, second] = chunk;
      if (first === undefined || second === undefined) return [];
      return [{ nonce: first.nonce, job: { kind, batch: chunk.map(({ id, nonce }) => ({ id, nonce })) } }];
    }),
  };
}

function mayBeCarried({ kind, delayMs, isAlone }: Trigger): boolean {
  return isBatchKind(kind) && delayMs === 0 && !isAlone;
}

function chunksOf(triggers: readonly Trigger[]): Trigger[][] {
  return Array.from({ length: Math.ceil(triggers.length / MOST) }, (_, index) =>
    triggers.slice(index * MOST, (index + 1) * MOST),
  );
}
