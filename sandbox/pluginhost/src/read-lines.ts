import type { Readable } from 'node:stream';

/** Lines of a stranger's stream, none longer than `maxBytes`; after a longer one nothing more is delivered. */
export function readLines(
  stream: Readable,
  to: { maxBytes: number; onLine: (line: string) => void; onTooLong: () => void },
): void {
  let parts: string[] = [];
  let length = 0;
  let isCut = false;
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (isCut) return;
    const pieces = chunk.split('\n');
    for (const [index, piece] of pieces.entries()) {
      parts.push(piece);
      length += piece.length;
      if (length > to.maxBytes) {
        isCut = true;
        return to.onTooLong();
      }
      if (index === pieces.length - 1) return;
      const line = parts.join('');
      parts = [];
      length = 0;
      to.onLine(line);
    }
  });
  stream.on('error', () => undefined);
}
