/** Where the rows of a CSV file begin, and how it ends. */
export interface CsvShape {
  /** The first record without its line end and byte order mark. */
  header: string;
  /** Offset of the first byte after the header's line end. */
  rowsFrom: number;
  size: number;
  endsWithNewline: boolean;
}

const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;
const longestHeader = 1_048_576;

/**
 * Reads a CSV file to its end, piece by piece. A line end inside quotes does not end the header.
 * Throws a RangeError that says what is wrong: empty, a quote that is not closed, lines that end in CR alone, a header above 1 MiB.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export async function scanCsv(pieces: AsyncIterable<Uint8Array>): Promise<CsvShape> {
  const head: Uint8Array[] = [];
  let size = 0;
  let rowsFrom: number | undefined;
  let isQuoted = false;
  let last = 0;
  let hasBareReturn = false;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (byte === quote) isQuoted = !isQuoted;
      else if (!isQuoted && byte === newline) rowsFrom ??= size + at + 1;
      if (!isQuoted && last === carriageReturn && byte !== newline) hasBareReturn = true;
      last = byte;
    }
    if (head.length === 0 || size < (rowsFrom ?? Infinity)) head.push(piece);
    size += piece.length;
    if (rowsFrom === undefined && size > longestHeader) throw new RangeError('the header is longer than 1 MiB');
  }
  if (size === 0) throw new RangeError('it is empty, not even a header');
  if (isQuoted) throw new RangeError('a quote is not closed');
  if (rowsFrom === undefined && (hasBareReturn || last === carriageReturn))
    throw new RangeError('its lines end in CR alone');
  const header = Buffer.concat(head)
    .subarray(0, rowsFrom ?? size)
    .toString();
  return {
    header: header.replace(/^\uFEFF/, '').replace(/\r?\n$/, ''),
    rowsFrom: rowsFrom ?? size,
    size,
    endsWithNewline: last === newline,
  };
}
