import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';

/** The bytes of a source, hashed as they pass. The last piece is held back until the digest is known, so that a wrong source never completes. */
export function checkedSource(source: Readable, sha256: string, path: string): Readable {
  const stream = Readable.from(checked(source, sha256, path), { objectMode: false });
  stream.once('close', () => source.destroy());
  return stream;
}

async function* checked(source: Readable, sha256: string, path: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const piece of source as AsyncIterable<Buffer>) {
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new SlowLaneError('workspace.rejected', `${path}: the source has sha256 ${found}, expected ${sha256}`, {
      hint: 'The file changed while it was uploaded, or its store is damaged.',
    });
  if (held !== undefined) yield held;
}
