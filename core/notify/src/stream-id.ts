/** Before every event. */
export const STREAM_START = '0-0';

/** Order of two stream ids (`<ms>-<n>`): negative, zero or positive. As text, `9-0` would come after `10-0`. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs, aSeq] = partsOf(a);
  const [bMs, bSeq] = partsOf(b);
  return aMs - bMs || aSeq - bSeq;
}

function partsOf(id: string): [number, number] {
  const [ms, seq] = id.split('-');
  return [Number(ms), Number(seq ?? 0)];
}
