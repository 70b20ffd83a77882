import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  type LinkRevocations,
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
  /** Absent where links are never revoked. */
  revocations?: LinkRevocations;
  /** Epoch milliseconds. */
  now?(): number;
}

/**
 * Links that open one result file until they expire, without a token: `<publicPath>/<request>/files/<name>?expires=<epoch ms>&issued=<epoch ms>&signature=<hex>`.
 * The signature is HMAC-SHA256 over request, file name, expiry and time of issue (which older links do not have). The volume path is taken from the request's own list of result
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
      const issuedAt = now();
      const expiresAt = issuedAt + ttlMs;
      return (request.result ?? []).map((file) => ({
        name: file.name,
        size: file.size,
        href: hrefOf(deps, request.id, { name: file.name, expiresAt, issuedAt }),
        expiresAt,
      }));
    },
    async open(requestId, name, query) {
      checkSignature(deps.key, { requestId, name, ...query });
      checkExpiry(name, query.expires, now());
      await checkRevoked(deps, requestId, { name, ...query });
      const request = await deps.request(requestId);
      const file = fileOf(request, requestId, name);
      const { stream, size } = await openFile(volumeOf((request as RequestRecord).pin.workspace), file);
      return { stream, size, contentType: contentTypeOf(name), etag: etagOf(request as RequestRecord, file, size) };
    },
    async revoke(requestId, { by, link }) {
      const word = { by, at: now() };
      if (link === undefined) await deps.revocations?.revokeAll(requestId, word);
      else await deps.revocations?.revoke(requestId, signatureIn(link, deps, requestId), word);
    },
  };
}

function hrefOf(
  deps: ResultLinksDeps,
  requestId: string,
  { name, expiresAt, issuedAt }: { name: string; expiresAt: number; issuedAt: number },
): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  const [expires, issued] = [String(expiresAt), String(issuedAt)];
  const signature = sign(deps.key, { requestId, name, expires, issued }).toString('hex');
  return `${deps.publicPath}/${requestId}/files/${path}?expires=${expires}&issued=${issued}&signature=${signature}`;
}

type SignedLink = { requestId: string; name: string; expires: string; issued?: string | undefined };

function sign(key: Buffer, { requestId, name, expires, issued }: SignedLink): Buffer {
  // JSON keeps the values apart: no name can be made to look like another name with another expiry.
  const signed = ['result-link', requestId, name, expires, ...(issued === undefined ? [] : [issued])];
  return createHmac('sha256', key).update(JSON.stringify(signed)).digest();
}

/** So many digits tell two links apart, and nobody can make a link from them. */
const keptDigits = 32;

async function checkRevoked(
  { revocations }: ResultLinksDeps,
  requestId: string,
  { name, issued = '0', signature }: { name: string; issued?: string | undefined; signature: string },
): Promise<void> {
  if (revocations === undefined) return;
  const { allUntil, signatures } = await revocations.of(requestId);
  const isOld = allUntil !== undefined && Number(issued) <= allUntil;
  if (!isOld && !signatures.includes(signature.slice(0, keptDigits))) return;
  throw new SlowLaneError('result.link-revoked', `the link to "${name}" was revoked`);
}

/** The signature of a link to a result of this request. */
function signatureIn(link: string, deps: ResultLinksDeps, requestId: string): string {
  const url = URL.canParse(link, 'http://x/') ? new URL(link, 'http://x/') : undefined;
  const [, name = ''] = url?.pathname.split(`/${requestId}/files/`) ?? [];
  const value = (key: string): string | undefined => url?.searchParams.get(key) ?? undefined;
  const signature = value('signature') ?? '';
  const decoded = name.split('/').map(plain).join('/');
  const signed = { requestId, name: decoded, expires: value('expires') ?? '', issued: value('issued'), signature };
  checkSignature(deps.key, signed);
  return signature.slice(0, keptDigits);
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checkSignature(key: Buffer, link: SignedLink & { signature: string }): void {
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
