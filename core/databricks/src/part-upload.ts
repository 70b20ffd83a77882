import type { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { type Call, type Caller, nameOf } from './call.ts';
import type { CallOptions } from './databricks-client.ts';
import { parseAnswer } from './parse-answer.ts';
import { AbortUrl, type Link, PartUrls, StartedUpload } from './schema.ts';
import type { StorageSender } from './storage-sender.ts';

/** Files of this size go in parts. */
export const partsFromBytes = 100 * 1_024 * 1_024;
/** 10,000 parts at most, so a file of 5 GiB has 320. One part is in memory at a time. */
const partBytes = 16 * 1_024 * 1_024;

export interface PartUpload {
  path: string;
  /** The path as the address has it. */
  encoded: string;
  source: Readable;
  overwrite: boolean;
}

/**
 * Sends a file in parts, each to a link that the workspace gives for it. False when the workspace offers no parts, or refuses the first:
 * then nothing is kept, and one plain PUT has to do. A failure after that aborts the upload and comes out.
 *
 * @see databricks-sdk-py `databricks/sdk/mixins/files.py`
 */
export async function uploadInParts(
  { caller, storage }: { caller: Caller; storage: StorageSender },
  upload: PartUpload,
  options: CallOptions | undefined,
): Promise<boolean> {
  const token = await initiate(caller, upload, options);
  if (token === undefined) return false;
  const session = { path: upload.path, session_token: token };
  const parts: { part_number: number; etag: string }[] = [];
  try {
    for await (const bytes of cut(upload.source)) {
      const number = parts.length + 1;
      const etag = await sendPart({ caller, storage }, { session, number, bytes }, options).catch((error: unknown) => {
        if (number > 1 || options?.signal?.aborted === true) throw error;
        return undefined;
      });
      if (etag === undefined) {
        await abort({ caller, storage }, session, options);
        return false;
      }
      parts.push({ part_number: number, etag });
    }
    const query = { action: 'complete-upload', upload_type: 'multipart', session_token: token };
    await caller.json({ ...post(`files${upload.encoded}`, { parts }), query, repeatable: false }, options);
    return true;
  } catch (error) {
    await abort({ caller, storage }, session, options);
    throw error;
  }
}

async function initiate(
  caller: Caller,
  upload: PartUpload,
  options: CallOptions | undefined,
): Promise<string | undefined> {
  const call: Call = {
    ...post(`files${upload.encoded}`),
    query: { action: 'initiate-upload', overwrite: upload.overwrite },
  };
  try {
    return parseAnswer(StartedUpload, await caller.json(call, options), nameOf(call)).multipart_upload?.session_token;
  } catch (error) {
    // A workspace without this call still takes a PUT; a file that is in the way is an answer.
    if (error instanceof SlowLaneError && error.data?.['status'] === 501) return undefined;
    throw error;
  }
}

interface Part {
  session: { path: string; session_token: string };
  number: number;
  bytes: Buffer;
}

/** A link may have expired when its turn comes: then another is asked for, twice. */
async function sendPart(
  { caller, storage }: { caller: Caller; storage: StorageSender },
  { session, number, bytes }: Part,
  options: CallOptions | undefined,
): Promise<string> {
  for (let left = 2; ; left--) {
    const call = post('create-upload-part-urls', {
      ...session,
      start_part_number: number,
      count: 1,
      expire_time: inAnHour(),
    });
    const [link] = parseAnswer(PartUrls, await caller.json(call, options), nameOf(call)).upload_part_urls;
    try {
      const { etag } = await storage.send('PUT', link as Link, { bytes, signal: options?.signal });
      return etag ?? '';
    } catch (error) {
      if (left === 0 || options?.signal?.aborted === true) throw error;
    }
  }
}

async function abort(
  { caller, storage }: { caller: Caller; storage: StorageSender },
  session: { path: string; session_token: string },
  options: CallOptions | undefined,
): Promise<void> {
  const call = post('create-abort-upload-url', { ...session, expire_time: inAnHour() });
  // The failure that led here is the one to tell; what is left behind expires.
  await caller
    .json(call, { ...options, retryBudgetMs: 0 })
    .then((answer) => storage.send('DELETE', parseAnswer(AbortUrl, answer, nameOf(call)).abort_upload_url, {}))
    .catch(() => undefined);
}

async function* cut(source: Readable): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of source as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    while (size >= partBytes) {
      const all = Buffer.concat(pieces);
      yield all.subarray(0, partBytes);
      pieces = [all.subarray(partBytes)];
      size -= partBytes;
    }
  }
  if (size > 0) yield Buffer.concat(pieces);
}

function post(rest: string, json?: Record<string, unknown>): Call {
  return {
    method: 'POST',
    path: `/api/2.0/fs/${rest}`,
    ...(json === undefined ? {} : { json }),
    family: 'files',
    repeatable: true,
  };
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
