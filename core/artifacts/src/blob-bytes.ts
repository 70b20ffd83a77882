import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BlobStore, type Digest, SlowLaneError } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';

const MAX_BYTES = 512 * 1024 ** 2;

/** `sha256:…` of bytes, or of text as UTF-8. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function putBytes(store: BlobStore, bytes: Uint8Array | string): Promise<{ digest: Digest; size: number }> {
  return store.put(Readable.from([Buffer.from(bytes as Uint8Array)]));
}

/** Stores canonical JSON, so that equal values are one blob. */
export function putJson(store: BlobStore, value: unknown): Promise<{ digest: Digest; size: number }> {
  return putBytes(store, canonicalJson(value));
}

/** The whole blob in memory, proven to be its digest's bytes; `artifact.corrupt` when not, or when larger than `maxBytes`. */
export async function readBlob(store: BlobStore, digest: Digest, maxBytes = MAX_BYTES): Promise<Buffer> {
  const { stream, size } = await store.open(digest);
  if (size > maxBytes) {
    stream.destroy();
    throw new SlowLaneError('artifact.corrupt', `${digest} has ${size} bytes, at most ${maxBytes} were expected`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Parsed JSON of a blob: check it with its schema. */
export async function readJsonBlob(store: BlobStore, digest: Digest): Promise<unknown> {
  const text = (await readBlob(store, digest)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SlowLaneError('artifact.corrupt', `${digest} is no JSON`, { cause: error });
  }
}
