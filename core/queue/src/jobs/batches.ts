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
  const arranged: Batches = { alone: triggers.filter((trigger) => !mayBeCarried(trigger)), batches: [] };
  for (const [kind, ofKind] of Map.groupBy(triggers.filter(mayBeCarried), (trigger) => trigger.kind as BatchKind)) {
    for (const chunk of chunksOf(ofKind)) {
      const [{ nonce }] = chunk;
      if (chunk.length === 1) arranged.alone.push(...chunk);
      else
        arranged.batches.push({ nonce, job: { kind, batch: chunk.map((one) => ({ id: one.id, nonce: one.nonce })) } });
    }
  }
  return arranged;
}

function mayBeCarried({ kind, delayMs, isAlone }: Trigger): boolean {
  return isBatchKind(kind) && delayMs === 0 && !isAlone;
}

function chunksOf(triggers: readonly Trigger[]): [Trigger, ...Trigger[]][] {
  return Array.from(
    { length: Math.ceil(triggers.length / MOST) },
    (_, index) => triggers.slice(index * MOST, (index + 1) * MOST) as [Trigger, ...Trigger[]],
  );
}
