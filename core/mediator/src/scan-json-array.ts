/** Where the elements of a JSON array lie in its file. */
export interface JsonArrayShape {
  /** Offset after `[`. */
  from: number;
  /** Offset of the closing `]`. */
  to: number;
  isEmpty: boolean;
}

const deepest = 1_000;
const closerOf: Record<string, string> = { '{': '}', '[': ']' };

/**
 * Reads a file that must hold one JSON array, piece by piece, and finds its elements without parsing them: so numbers keep every digit and memory stays
 * flat. Throws a RangeError for anything that is not one closed array.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export async function scanJsonArray(pieces: AsyncIterable<Uint8Array>): Promise<JsonArrayShape> {
  const state: Scan = {
    offset: 0,
    from: undefined,
    to: undefined,
    isEmpty: true,
    closers: [],
    isString: false,
    isEscaped: false,
  };
  for await (const piece of pieces) {
    for (const byte of piece) step(state, byte);
  }
  if (state.from === undefined) throw new RangeError('it is not a JSON array');
  if (state.to === undefined) throw new RangeError('its JSON array is not closed');
  return { from: state.from, to: state.to, isEmpty: state.isEmpty };
}

interface Scan {
  offset: number;
  from: number | undefined;
  to: number | undefined;
  isEmpty: boolean;
  /** Closing characters that are still to come, innermost last. */
  closers: string[];
  isString: boolean;
  isEscaped: boolean;
}

function step(scan: Scan, byte: number): void {
  const at = scan.offset++;
  if (scan.isString) return inString(scan, byte);
  const isBlank = byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
  const isByteOrderMark = at < 3 && byte === [0xef, 0xbb, 0xbf][at];
  if (isBlank || isByteOrderMark) return;
  const character = String.fromCharCode(byte);
  if (scan.to !== undefined) throw new RangeError('something follows its JSON array');
  if (scan.from === undefined) return begin(scan, character);
  if (character !== ']' || scan.closers.length > 1) scan.isEmpty = false;
  if (character === '"') scan.isString = true;
  else if (character === '{' || character === '[') open(scan, character);
  else if (character === '}' || character === ']') close(scan, character, at);
}

function begin(scan: Scan, character: string): void {
  if (character !== '[') throw new RangeError('it is not a JSON array');
  scan.from = scan.offset;
  scan.closers.push(']');
}

function inString(scan: Scan, byte: number): void {
  if (scan.isEscaped) scan.isEscaped = false;
  else if (byte === 0x5c) scan.isEscaped = true;
  else if (byte === 0x22) scan.isString = false;
}

function open(scan: Scan, character: string): void {
  if (scan.closers.length >= deepest) throw new RangeError(`it is nested more than ${deepest} levels deep`);
  scan.closers.push(closerOf[character] as string);
}

function close(scan: Scan, character: string, at: number): void {
  if (scan.closers.pop() !== character) throw new RangeError(`"${character}" at byte ${at} closes nothing`);
  if (scan.closers.length === 0) scan.to = at;
}
