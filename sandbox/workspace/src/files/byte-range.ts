/** First and last byte, both included; `unsatisfiable` for a range past the end; `undefined` for no range or one that may be ignored. */
export type ByteRange = { first: number; last: number } | 'unsatisfiable' | undefined;

/** One range of bytes, as RFC 9110 section 14 has it; several ranges and other units are ignored, which the RFC allows. */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[2] !== '' && Number(match[2]) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}
