import type { Readable } from 'node:stream';
import { SlowLaneError, type SourceStored } from '@slowlane/contracts';
import { capBytes, emptyArchive, tooLarge } from './cap-bytes.ts';
import type { EndpointDeps } from './endpoint-deps.ts';

/**
 * Streams an archive into the blob store. Throws `source.too-large`, and `request.invalid` for none or one that broke off.
 *
 * @param announced bytes by Content-Length, 0 where it is not told
 */
export async function storeSource(
  deps: EndpointDeps,
  body: Readable | undefined,
  announced: number,
): Promise<SourceStored> {
  if (body === undefined) throw emptyArchive();
  const limit = deps.limits.sourceBytes;
  if (announced > limit) throw tooLarge(limit);
  const capped = capBytes(limit);
  // Not `pipeline`: it would destroy the connection together with the body, and the answer with it.
  body.pipe(capped);
  capped.once('error', () => body.unpipe(capped).resume());
  body.once('close', () => {
    if (!body.readableEnded) capped.destroy(new SlowLaneError('request.invalid', 'body: the upload broke off'));
  });
  return await deps.blobs.put(capped);
}
