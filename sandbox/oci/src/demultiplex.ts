import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';

/**
 * Output and errors of an attached container, which come over one connection as frames: type (1 byte), 3 bytes of nothing, length (4 bytes, big
 * endian), bytes. Reads on only while both readers keep up, and never holds more than what has just come.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function demultiplex(source: Readable): { stdout: Readable; stderr: Readable } {
  const targets = { 1: new PassThrough(), 2: new PassThrough() } as const;
  let header = Buffer.alloc(0);
  let left = 0;
  let target: PassThrough = targets[1];
  source.on('data', (chunk: Buffer) => {
    let isFree = true;
    for (let at = 0; at < chunk.length;) {
      if (left === 0) {
        const missing = 8 - header.length;
        header = Buffer.concat([header, chunk.subarray(at, at + missing)]);
        at += missing;
        if (header.length < 8) return;
        target = header[0] === 2 ? targets[2] : targets[1];
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      isFree = target.write(piece) && isFree;
    }
    if (!isFree) waitForReaders(source, [targets[1], targets[2]]);
  });
  const end = (): void => {
    targets[1].end();
    targets[2].end();
  };
  source.once('end', end);
  source.once('close', end);
  source.once('error', end);
  return { stdout: targets[1], stderr: targets[2] };
}

function waitForReaders(source: Readable, targets: readonly PassThrough[]): void {
  source.pause();
  const full = targets.filter((one) => one.writableNeedDrain);
  let missing = full.length;
  if (missing === 0) source.resume();
  for (const one of full) {
    one.once('drain', () => {
      missing -= 1;
      if (missing === 0) source.resume();
    });
  }
}
