/** Before every event. */
export const streamStart = '0-0';

/** Order of two stream ids, `<ms>-<n>`: negative, 0 or positive. As text, `9-0` would come after `10-0`. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs, aN] = splitStreamId(a);
  const [bMs, bN] = splitStreamId(b);
  return aMs - bMs || aN - bN;
}

export function splitStreamId(id: string): [ms: number, n: number] {
  const [ms, n] = id.split('-').map(Number);
  return [ms ?? 0, n ?? 0];
}
