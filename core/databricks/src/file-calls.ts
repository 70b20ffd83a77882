import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { type Call, type Caller, nameOf } from './call.ts';
import { checkedSource } from './checked-source.ts';
import type { CallOptions, FileCalls, FileEntry, UploadDetails } from './databricks-client.ts';
import { nextToken } from './next-token.ts';
import { parseAnswer } from './parse-answer.ts';
import { partsFromBytes, uploadInParts } from './part-upload.ts';
import { FolderPage } from './schema.ts';
import type { StorageSender } from './storage-sender.ts';

const prefix = '/api/2.0/fs';

export function fileCalls(caller: Caller, storage: StorageSender): FileCalls {
  return {
    upload: (path, open, details, options) => upload({ caller, storage }, path, { open, ...details }, options),
    async put(path, bytes, options) {
      await caller.json(putCall(path, { open: () => bytes, size: bytes.length, overwrite: true }), options);
    },
    download: (path, options) => download(caller, path, options),
    head: (path, options) => head(caller, path, options),
    async delete(path, options) {
      await caller.json(fileCall('DELETE', `files${encodePath(path)}`), options);
    },
    list: (folder, options) => list(caller, folder, options),
    async mkdir(folder, options) {
      await caller.json(fileCall('PUT', `directories${encodePath(folder)}`), options);
    },
    async rmdir(folder, options) {
      await caller.json(fileCall('DELETE', `directories${encodePath(folder)}`), options);
    },
  };
}

/** Each segment is percent-encoded by itself. A path that walks (`..`) would leave its volume, so it is refused. */
export function encodePath(path: string): string {
  const segments = path.replace(/\/+$/, '').split('/').slice(1);
  if (!path.startsWith('/') || segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new SlowLaneError('workspace.rejected', `not an absolute path of plain segments: "${path}"`);
  }
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

function fileCall(method: Call['method'], rest: string): Call {
  return { method, path: `${prefix}/${rest}`, family: 'files', repeatable: true };
}

interface Put extends UploadDetails {
  open: () => Promise<Readable> | Readable | Uint8Array;
}

/** Without overwriting, a repeat after a lost answer would find its own file: then it is not repeated. */
function putCall(path: string, { open, size, overwrite }: Put): Call {
  return {
    ...fileCall('PUT', `files${encodePath(path)}`),
    query: { overwrite },
    bytes: { open, size },
    repeatable: overwrite,
    timeoutMs: 60_000 + size / 256,
  };
}

/** No checksum is offered, so the size is read back. */
async function upload(
  context: { caller: Caller; storage: StorageSender },
  path: string,
  put: UploadDetails & { open: () => Promise<Readable> | Readable },
  options: CallOptions | undefined,
): Promise<void> {
  const { sha256, size, overwrite } = put;
  const open = async (): Promise<Readable> => {
    const source = await put.open();
    return sha256 === undefined ? source : checkedSource(source, sha256, path);
  };
  const call = putCall(path, { ...put, open });
  if (size < partsFromBytes || !(await inParts(context, { path, overwrite, open }, options)))
    await context.caller.json(call, options);
  const found = await head(context.caller, path, options);
  if (found?.size === size) return;
  throw new SlowLaneError(
    'workspace.unavailable',
    `${nameOf(call)}: ${size} bytes were sent, ${found?.size ?? 'none'} arrived`,
    {
      data: { call: nameOf(call), sent: size, arrived: found?.size },
    },
  );
}

async function inParts(
  context: { caller: Caller; storage: StorageSender },
  { path, overwrite, open }: { path: string; overwrite: boolean; open: () => Promise<Readable> },
  options: CallOptions | undefined,
): Promise<boolean> {
  const source = await open();
  try {
    return await uploadInParts(context, { path, encoded: encodePath(path), source, overwrite }, options);
  } finally {
    source.destroy();
  }
}

async function download(
  caller: Caller,
  path: string,
  options: CallOptions | undefined,
): Promise<{ stream: Readable; size: number }> {
  const call = fileCall('GET', `files${encodePath(path)}`);
  const { headers, body } = await caller.raw(call, options);
  const size = Number(headers['content-length']);
  if (!Number.isSafeInteger(size)) {
    body.destroy();
    throw new SlowLaneError('workspace.unavailable', `${nameOf(call)}: the answer has no content length`);
  }
  return { stream: wholeBody(body, size, nameOf(call)), size };
}

/** The body as it comes, failing with our error when it breaks off: half a file must not look like a file. */
function wholeBody(body: Readable, size: number, call: string): Readable {
  const stream = Readable.from(checked(body, size, call), { objectMode: false });
  stream.once('close', () => body.destroy());
  return stream;
}

async function* checked(body: Readable, size: number, call: string): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      received += piece.length;
      yield piece;
    }
  } catch (cause) {
    throw new SlowLaneError('workspace.unavailable', `${call}: broke off after ${received} of ${size} bytes`, {
      cause,
    });
  }
  if (received !== size) throw new SlowLaneError('workspace.unavailable', `${call}: ${received} of ${size} bytes came`);
}

async function head(caller: Caller, path: string, options: CallOptions | undefined): ReturnType<FileCalls['head']> {
  try {
    const { headers, body } = await caller.raw(fileCall('HEAD', `files${encodePath(path)}`), options);
    await body.dump();
    const lastModified = headers['last-modified'];
    return {
      size: Number(headers['content-length']),
      lastModified: typeof lastModified === 'string' ? lastModified : undefined,
    };
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return undefined;
    throw error;
  }
}

/** Only a missing token ends the list: an empty page does not. */
async function list(caller: Caller, folder: string, options: CallOptions | undefined): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for (let token: string | undefined; ;) {
    const call = { ...fileCall('GET', `directories${encodePath(folder)}`), query: { page_token: token } };
    const page = parseAnswer(FolderPage, await caller.json(call, options), nameOf(call));
    for (const { name, path, is_directory, file_size } of page.contents) {
      entries.push({ name, path, isFolder: is_directory, size: file_size });
    }
    token = nextToken(page.next_page_token, token, call);
    if (token === undefined) return entries;
  }
}
