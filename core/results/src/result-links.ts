import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  type RequestRecord,
  type ResultFile,
  type ResultLinks,
  SlowLaneError,
  type VolumeStore,
} from '@slowlane/contracts';
import { contentTypeOf } from './content-type.ts';

export interface ResultLinksDeps {
  /** Files of the volumes; a function where several workspaces hold results. */
  volumes: VolumeStore | ((workspace: string) => VolumeStore);
  /** Finds the request: Redis first, then history. */
  request(id: string): Promise<RequestRecord | undefined>;
  /** Secret of the signatures, at least 32 bytes. Another key makes all links of before invalid. */
  key: Buffer;
  /** What a link begins with, without a slash at the end: `https://host/v1/results` or `/v1/results`. */
  publicPath: string;
  /** Epoch milliseconds. */
  now?(): number;
}

/**
 * Links that open one result file until they expire, without a token: `<publicPath>/<request>/files/<name>?expires=<epoch ms>&signature=<hex>`.
 * The signature is HMAC-SHA256 over request, file name and expiry. The volume path is taken from the request's own list of result
 * files, never from the link, so no link reaches another file.
 */
export function createResultLinks(deps: ResultLinksDeps): ResultLinks {
  if (deps.key.length < 32)
    throw new RangeError(`result link key has ${deps.key.length} bytes; at least 32 are needed`);
  const now = deps.now ?? Date.now;
  const volumeOf = (workspace: string): VolumeStore =>
    typeof deps.volumes === 'function' ? deps.volumes(workspace) : deps.volumes;

  return {
    links(request, ttlMs) {
      const expiresAt = now() + ttlMs;
      return (request.result ?? []).map((file) => ({
        name: file.name,
        size: file.size,
        href: hrefOf(deps, request.id, file.name, expiresAt),
        expiresAt,
      }));
    },
    async open(requestId, name, query) {
      checkSignature(deps.key, { requestId, name, ...query });
      checkExpiry(name, query.expires, now());
      const request = await deps.request(requestId);
      const file = fileOf(request, requestId, name);
      const { stream, size } = await openFile(volumeOf((request as RequestRecord).pin.workspace), file);
      return { stream, size, contentType: contentTypeOf(name), etag: etagOf(request as RequestRecord, file, size) };
    },
  };
}

function hrefOf(deps: ResultLinksDeps, requestId: string, name: string, expiresAt: number): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  const signature = sign(deps.key, { requestId, name, expires: String(expiresAt) }).toString('hex');
  return `${deps.publicPath}/${requestId}/files/${path}?expires=${expiresAt}&signature=${signature}`;
}

function sign(key: Buffer, link: { requestId: string; name: string; expires: string }): Buffer {
  // JSON keeps the three values apart: no name can be made to look like another name with another expiry.
  return createHmac('sha256', key)
    .update(JSON.stringify(['result-link', link.requestId, link.name, link.expires]))
    .digest();
}

function checkSignature(
  key: Buffer,
  link: { requestId: string; name: string; expires: string; signature: string },
): void {
  const given = /^[0-9a-f]{64}$/.test(link.signature) ? Buffer.from(link.signature, 'hex') : Buffer.alloc(32);
  if (!timingSafeEqual(given, sign(key, link))) {
    throw new SlowLaneError('result.link-invalid', `the link to "${link.name}" was not made here, or was changed`);
  }
}

function checkExpiry(name: string, expires: string, now: number): void {
  const expiresAt = Number(expires);
  if (expiresAt > now) return;
  throw new SlowLaneError(
    'result.link-expired',
    `the link to "${name}" expired at ${new Date(expiresAt).toISOString()}`,
  );
}

function fileOf(request: RequestRecord | undefined, requestId: string, name: string): ResultFile {
  const file = request?.result?.find((candidate) => candidate.name === name);
  if (file !== undefined) return file;
  throw new SlowLaneError('result.not-found', `request ${requestId} has no result file "${name}"`);
}

/** Files of a request that has ended change no more; a retry ends again, at another time. */
function etagOf(request: RequestRecord, file: ResultFile, size: number): string {
  const bytes = JSON.stringify([request.id, request.endedAt ?? 0, file.path, size]);
  return `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
}

async function openFile(volumes: VolumeStore, file: ResultFile): ReturnType<VolumeStore['read']> {
  try {
    return await volumes.read(file.path);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') {
      throw new SlowLaneError('result.gone', `the result file "${file.name}" is no longer on the volume`, {
        cause: error,
      });
    }
    throw error;
  }
}
