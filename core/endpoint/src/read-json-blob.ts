import { text } from 'node:stream/consumers';
import { type BlobStore, type Digest, JsonObject } from '@slowlane/contracts';

/** A small JSON document that one of our stages stored. */
export async function readJsonBlob(blobs: Pick<BlobStore, 'open'>, digest: Digest): Promise<JsonObject> {
  const { stream } = await blobs.open(digest);
  return JsonObject.parse(JSON.parse(await text(stream)));
}
