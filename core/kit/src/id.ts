import { encodeTime, ulid } from 'ulid';

/** Prefixes of ids, one per kind of thing: correlation, request, build, push, registration, token, cluster. */
export type IdPrefix = 'cor' | 'req' | 'bld' | 'push' | 'reg' | 'tok' | 'clu';

/** A new id: prefix, `_` and a ULID, so that ids of a kind sort by the time they were made. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${ulid(undefined, random)}`;
}

/** Random bytes, fetched many at once: a ULID takes sixteen, and a call of the operating system each would cost more than the rest of an accept. */
const pool = new Uint8Array(4_096);
let taken = pool.length;

/** From 0 up to, not including, 1: what the ULID library asks of its source, which takes one of 32 letters by it. */
function random(): number {
  if (taken === pool.length) {
    crypto.getRandomValues(pool);
    taken = 0;
  }
  return (pool[taken++] as number) / 256;
}

/** The lowest id that could be made at a moment (epoch milliseconds): what sorts below it is older. */
export function firstIdAt(prefix: IdPrefix, at: number): string {
  return `${prefix}_${encodeTime(at, 10)}${'0'.repeat(16)}`;
}

/** Id of part `index` (from 0) of a request. */
export function partId(requestId: string, index: number): string {
  return `${requestId}-${index}`;
}

/** Request id and index of a part id; `undefined` for anything else. */
export function splitPartId(id: string): { requestId: string; index: number } | undefined {
  const dash = id.lastIndexOf('-');
  if (!id.startsWith('req_') || dash < 0) return undefined;
  return { requestId: id.slice(0, dash), index: Number(id.slice(dash + 1)) };
}
