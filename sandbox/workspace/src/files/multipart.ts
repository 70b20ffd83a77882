import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { CompleteUpload } from './schema.ts';
import { placeUpload, uploadsName, writeBody } from './uploads.ts';

export type Parts = { part_number: number; etag: string }[];

/** Uploads in parts that are under way. They live in memory and in the uploads folder: a restart ends them, and their clients begin again. */
export interface Multipart {
  readonly root: string;
  /** Returns the session's token, which is also the right to send its parts. */
  begin(names: readonly string[], overwrite: boolean): Promise<string>;
  /** Stores one part, replacing an earlier one of that number; returns its ETag. */
  putPart(token: string, number: number, body: Readable | Buffer): Promise<string>;
  /** 404 unless the token belongs to this path. */
  check(token: string, names: readonly string[]): void;
  /** Joins the parts that the caller names, in their order. */
  complete(upload: { token: string; names: readonly string[]; parts: Parts }): Promise<'stored' | 'exists' | 'folder'>;
  /** Does nothing for a session that has ended. */
  abort(token: string): Promise<void>;
}

interface Session {
  names: readonly string[];
  overwrite: boolean;
  folder: string;
  etags: Map<number, string>;
  usedAt: number;
}

/** Sessions that nobody touched for a day are dropped. */
const idleMs = 86_400_000;
const maxSessions = 1_000;

export function createMultipart(root: string, now: () => number): Multipart {
  const sessions = new Map<string, Session>();
  const session = (token: string): Session => {
    const found = sessions.get(token);
    if (found === undefined) throw new ApiError(404, 'NOT_FOUND', 'The upload session does not exist or has ended.');
    found.usedAt = now();
    return found;
  };
  const check = (token: string, names: readonly string[]): Session => {
    const found = session(token);
    if (found.names.join('/') !== names.join('/'))
      throw invalidParameter('The upload session belongs to another path.');
    return found;
  };
  const end = async (token: string): Promise<void> => {
    const found = sessions.get(token);
    sessions.delete(token);
    if (found !== undefined) await rm(found.folder, { recursive: true, force: true });
  };
  return {
    root,
    check,
    abort: end,
    async begin(names, overwrite) {
      for (const [token, { usedAt }] of sessions) if (now() - usedAt > idleMs) await end(token);
      if (sessions.size >= maxSessions)
        throw new ApiError(429, 'RESOURCE_EXHAUSTED', 'Too many uploads are under way.');
      const token = randomBytes(24).toString('hex');
      const folder = join(root, uploadsName, token.slice(0, 32));
      await mkdir(folder, { mode: 0o700 });
      sessions.set(token, { names, overwrite, folder, etags: new Map(), usedAt: now() });
      return token;
    },
    async putPart(token, number, body) {
      const { folder, etags } = session(token);
      const temporary = join(folder, randomBytes(8).toString('hex'));
      const hash = createHash('sha256');
      try {
        await writeBody(
          temporary,
          Buffer.isBuffer(body) ? Readable.from([body]).pipe(hashing(hash)) : body.pipe(hashing(hash)),
        );
        await rename(temporary, join(folder, `part-${number}`));
      } finally {
        await rm(temporary, { force: true });
      }
      const etag = hash.digest('hex');
      etags.set(number, etag);
      return etag;
    },
    async complete({ token, names, parts }) {
      const { folder, etags, overwrite } = check(token, names);
      checkParts(parts, etags);
      const whole = join(folder, 'whole');
      await rm(whole, { force: true });
      await writeBody(whole, Readable.from(joined(folder, parts)));
      const placed = await placeUpload(whole, { root, names, overwrite });
      await end(token);
      return placed;
    },
  };
}

export function partNumber(given: string | undefined): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw invalidParameter(`part_number must be 1 to 10000, but is '${String(given).slice(0, 40)}'.`);
  return number;
}

/** The list of parts that completes an upload. */
export async function readParts(body: Readable | undefined): Promise<Parts> {
  const given = body === undefined ? '' : await text(body);
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    throw new ApiError(400, 'MALFORMED_REQUEST', 'The list of parts is not JSON.');
  }
  return parseInput(CompleteUpload, value).parts;
}

function checkParts(parts: Parts, etags: Map<number, string>): void {
  parts.forEach(({ part_number: number, etag }, index) => {
    if (index > 0 && number <= (parts[index - 1]?.part_number ?? 0))
      throw invalidParameter('parts: must rise by part_number.');
    if (etags.get(number) !== etag.replaceAll('"', ''))
      throw invalidParameter(`parts: part ${number} was not uploaded, or its etag is another.`);
  });
}

async function* joined(folder: string, parts: Parts): AsyncGenerator<Buffer> {
  for (const { part_number: number } of parts)
    yield* createReadStream(join(folder, `part-${number}`)) as AsyncIterable<Buffer>;
}

function hashing(hash: { update(chunk: Buffer): unknown }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
