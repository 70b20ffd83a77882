import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';

/** First and last byte, both inclusive. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * The part of a file that a Range header asks for; `undefined` = all of it, as for a header that is not well formed. Several ranges at once,
 * and one that begins behind the end, throw `result.range`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined || !/^bytes=/i.test(header)) return undefined;
  const text = header.slice('bytes='.length).trim();
  if (text.includes(',')) throw refused(`"${header}" asks for several ranges at once`, size);
  const match = /^(\d{0,15})-(\d{0,15})$/.exec(text);
  if (match === null || text === '-') return undefined;
  const [, from = '', to = ''] = match;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first >= size) throw refused(`"${header}" lies behind the end of the file`, size);
  return { first, last };
}

/** The bytes of the range; what lies before it is read and dropped, because a volume has no seek. */
export function sliceOf(stream: Readable, { first, last }: ByteRange): Readable {
  return Readable.from(slices(stream, first, last), { objectMode: false });
}

async function* slices(stream: Readable, first: number, last: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const from = Math.max(first - at, 0);
    const to = Math.min(last + 1 - at, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at > last) return;
  }
}

function refused(message: string, size: number): SlowLaneError {
  return new SlowLaneError('result.range', message, { data: { size } });
}
