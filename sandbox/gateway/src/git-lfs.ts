import { pipeline, Transform } from 'node:stream';
import { type BlobStore, type LfsServer, type Logger, SlowLaneError } from '@slowlane/contracts';
import { type Agent, request } from 'undici';
import { asSourceFailure, gitFailureOf } from './git-answer.ts';
import { LfsBatch } from './schema.ts';

export interface LfsOptions {
  /** The repository. */
  url: URL;
  server: Server;
  /** The way to a host; throws `source.refused` for inner ones. */
  agentOf(host: URL): Agent;
  maxBytes: number;
  files: readonly { digest: string; size: number }[];
  signal: AbortSignal;
  blobs: BlobStore;
  logger: Logger;
}

/** Who is asked for the files. */
interface Server {
  /** Without a slash at its end; the batch API is below it. */
  url: URL;
  headers: Readonly<Record<string, string>>;
}

/** A repository over https has its files itself. @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md */
export function ownServer(repository: URL, authorization: string | undefined): Server {
  const base = repository.href.replace(/\/+$/, '').replace(/(?:\.git)?$/, '.git');
  return { url: new URL(`${base}/info/lfs`), headers: authorization === undefined ? {} : { authorization } };
}

/** One that the host of the repository named. */
export function givenServer({ url, headers }: LfsServer): Server {
  return { url: new URL(url.replace(/\/+$/, '')), headers: plainHeaders(headers) };
}

const MEDIA_TYPE = 'application/vnd.git-lfs+json';
const BATCH = 100;
const MAX_ANSWER_BYTES = 4 * 1024 ** 2;

/**
 * Files of Git LFS, by the batch API. They are always asked of this repository, even if the blob store has the digest: a pointer that
 * somebody wrote must not give him a file of somebody else's.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
 */
export async function fetchLfs(options: LfsOptions): Promise<void> {
  const bytes = options.files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > options.maxBytes) {
    throw new SlowLaneError(
      'source.too-large',
      `${options.url.href}: its LFS files have ${bytes} bytes, at most ${options.maxBytes}`,
    );
  }
  try {
    for (let at = 0; at < options.files.length; at += BATCH) {
      const piece = options.files.slice(at, at + BATCH);
      const objects = await askBatch(options, piece);
      for (const file of piece) await download(options, file, objects);
    }
  } catch (error) {
    throw asSourceFailure(options.url, error);
  }
}

async function askBatch(options: LfsOptions, files: LfsOptions['files']): Promise<LfsBatch['objects']> {
  const { url, server, signal } = options;
  const answer = await request(`${server.url.href}/objects/batch`, {
    dispatcher: options.agentOf(server.url),
    method: 'POST',
    signal,
    headers: {
      ...server.headers,
      accept: MEDIA_TYPE,
      'content-type': MEDIA_TYPE,
      'user-agent': 'git-lfs/slowlane',
    },
    body: JSON.stringify({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: files.map(({ digest, size }) => ({ oid: hexOf(digest), size })),
    }),
  });
  if (answer.statusCode !== 200) {
    answer.body.on('error', () => undefined).destroy();
    throw (
      gitFailureOf(url, answer, { hasCredentials: server.headers['authorization'] !== undefined }) ??
      new SlowLaneError('source.refused', `${url.href}: LFS: status ${answer.statusCode}`)
    );
  }
  return readBatch(url, answer.body);
}

async function readBatch(url: URL, body: AsyncIterable<Buffer>): Promise<LfsBatch['objects']> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new SlowLaneError('source.too-large', `${url.href}: its LFS answer has no end`);
    chunks.push(chunk);
  }
  try {
    return LfsBatch.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).objects;
  } catch (error) {
    throw new SlowLaneError('source.refused', `${url.href}: its LFS answer cannot be read`, { cause: error });
  }
}

async function download(
  options: LfsOptions,
  file: LfsOptions['files'][number],
  objects: LfsBatch['objects'],
): Promise<void> {
  const what = `${options.url.href}: LFS file ${hexOf(file.digest).slice(0, 12)}`;
  const object = objects.find(({ oid }) => oid === hexOf(file.digest));
  const action = object?.actions?.download;
  if (object === undefined || action === undefined) {
    const reason = object?.error?.message ?? 'the server does not have it';
    throw new SlowLaneError('source.not-found', `${what}: ${reason.slice(0, 200)}`);
  }
  const target = downloadTarget(options.url, action.href, what);
  const answer = await request(target, {
    dispatcher: options.agentOf(target),
    method: 'GET',
    signal: options.signal,
    headers: { ...headersFor(options, target, action.header ?? {}), 'accept-encoding': 'identity' },
  });
  if (answer.statusCode !== 200) {
    answer.body.on('error', () => undefined).destroy();
    const code = answer.statusCode >= 500 || answer.statusCode === 429 ? 'source.unreachable' : 'source.not-found';
    throw new SlowLaneError(code, `${what}: status ${answer.statusCode} of ${target.host}`);
  }
  const stored = await options.blobs.put(pipeline(answer.body, exactly(file.size, what), () => undefined));
  if (stored.digest !== file.digest || stored.size !== file.size) {
    throw new SlowLaneError('source.refused', `${what}: the server sent other bytes, ${stored.digest}`);
  }
  options.logger.info(
    { repository: options.url.href, digest: file.digest, bytes: file.size },
    'an LFS file was fetched',
  );
}

/** The server says where its files lie: https only; the address is checked where it is dialled. */
function downloadTarget(repository: URL, href: string, what: string): URL {
  const target = URL.canParse(href) ? new URL(href) : undefined;
  if (target === undefined || target.protocol !== 'https:' || target.username !== '')
    throw new SlowLaneError('source.refused', `${what}: the server of ${repository.host} names no https address`);
  return target;
}

/** What lets us in goes to the server's own host alone; what the server gives is its own to give. */
function headersFor({ server }: LfsOptions, target: URL, given: Record<string, string>): Record<string, string> {
  const own = server.headers['authorization'];
  return {
    ...(own !== undefined && target.origin === server.url.origin ? { authorization: own } : {}),
    ...plainHeaders(given),
  };
}

/** Names in lower case; they never replace the host. */
function plainHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given)
      .map(([name, value]): [string, string] => [name.toLowerCase(), value])
      .filter(([name, value]) => /^[a-z0-9-]{1,100}$/.test(name) && !/[\r\n]/.test(value) && name !== 'host'),
  );
}

function exactly(size: number, what: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes > size)
        callback(new SlowLaneError('source.refused', `${what}: more than the ${size} bytes of its pointer`));
      else callback(null, chunk);
    },
  });
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
