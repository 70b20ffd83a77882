import type { Readable } from 'node:stream';
import { unlink } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter, notImplemented } from '../http/api-error.ts';
import { belowVolumes, namesOfUrl } from './api-path.ts';
import { parseRange } from './byte-range.ts';
import { type Multipart, partNumber, readParts } from './multipart.ts';
import { inFolder, isAbsence, makeFolders, NotAFolderError, type Opened, openFile, statBelow } from './safe-folder.ts';
import { storeUpload } from './uploads.ts';

const prefix = '/api/2.0/fs/files';
const maxBytes = 5 * 1_024 ** 3;

/** Files API, files: @see https://docs.databricks.com/api/workspace/files */
export function registerFiles(app: FastifyInstance, volumesDir: string, multipart: Multipart): void {
  void app.register(async (files) => {
    files.removeAllContentTypeParsers();
    files.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    files.put(`${prefix}/*`, (request, reply) =>
      isPart(request) ? putPartOfCall(multipart, request, reply) : putFile(volumesDir, request, reply),
    );
    files.get(`${prefix}/*`, { exposeHeadRoute: false }, (request, reply) => getFile(volumesDir, request, reply));
    files.head(`${prefix}/*`, (request, reply) => headFile(volumesDir, request, reply));
    files.delete(`${prefix}/*`, (request, reply) =>
      isPart(request) ? abortUpload(multipart, request) : deleteFile(volumesDir, request, reply),
    );
    files.post(`${prefix}/*`, (request) => actOnUpload(multipart, volumesDir, request));
  });
}

async function putFile(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const names = fileNames(request);
  const announced = request.headers['content-length'];
  if (Number(announced ?? 0) > maxBytes)
    throw new ApiError(413, 'INVALID_PARAMETER_VALUE', 'The file is larger than 5 GiB.');
  const overwrite = (request.query as Record<string, string>).overwrite !== 'false';
  await makeParents(root, names);
  const body = (request.body as Readable | undefined) ?? Buffer.alloc(0);
  const result = await storeUpload({ root, names, overwrite }, body);
  if (result.kind === 'exists')
    throw new ApiError(409, 'ALREADY_EXISTS', `The file /Volumes/${names.join('/')} already exists.`);
  if (result.kind === 'folder')
    throw new ApiError(409, 'ALREADY_EXISTS', `/Volumes/${names.join('/')} is a directory.`);
  return reply.status(204).send();
}

/** Begins or completes an upload in parts. */
async function actOnUpload(multipart: Multipart, root: string, request: FastifyRequest): Promise<unknown> {
  const names = fileNames(request);
  const { action, overwrite, session_token: token } = request.query as Record<string, string | undefined>;
  if (action === 'complete-upload') return completeUpload(multipart, request, { names, token: token ?? '' });
  if (action !== 'initiate-upload') throw notImplemented(`The action ${action ?? '(none)'}`);
  if (overwrite === 'false' && (await statBelow(root, names)) !== undefined) {
    throw new ApiError(409, 'ALREADY_EXISTS', `The file /Volumes/${names.join('/')} already exists.`);
  }
  return { multipart_upload: { session_token: await multipart.begin(names, overwrite !== 'false') } };
}

async function completeUpload(
  multipart: Multipart,
  request: FastifyRequest,
  { names, token }: { names: string[]; token: string },
): Promise<object> {
  const parts = await readParts(request.body as Readable | undefined);
  await makeParents(multipart.root, names);
  const placed = await multipart.complete({ token, names, parts });
  if (placed !== 'stored') throw new ApiError(409, 'ALREADY_EXISTS', `/Volumes/${names.join('/')} already exists.`);
  return {};
}

function isPart(request: FastifyRequest): boolean {
  return (request.query as Record<string, string>).session_token !== undefined;
}

/** The form in which a part goes to the file's own address with the caller's token. */
async function putPartOfCall(multipart: Multipart, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { session_token: token, part_number: number } = request.query as Record<string, string>;
  const body = (request.body as Readable | undefined) ?? Buffer.alloc(0);
  const etag = await multipart.putPart(token as string, partNumber(number), body);
  return reply.header('etag', `"${etag}"`).send();
}

async function abortUpload(multipart: Multipart, request: FastifyRequest): Promise<object> {
  await multipart.abort((request.query as Record<string, string>).session_token as string);
  return {};
}

async function getFile(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const opened = await openOr404(root, fileNames(request));
  try {
    checkUnmodified(request, opened);
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
  setHeaders(reply, opened);
  const { size } = opened.stats;
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    await opened.handle.close();
    throw new ApiError(416, 'INVALID_PARAMETER_VALUE', `The range ${request.headers.range} is not satisfiable.`, {
      'content-range': `bytes */${size}`,
    });
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  if (range !== undefined) void reply.status(206).header('content-range', `bytes ${first}-${last}/${size}`);
  void reply.header('content-length', last - first + 1);
  if (last < first) {
    await opened.handle.close();
    return reply.send(Buffer.alloc(0));
  }
  // The bounds come from the file as it was opened: a file that grows meanwhile does not break the announced length.
  return reply.send(opened.handle.createReadStream({ start: first, end: last }));
}

async function headFile(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const opened = await openOr404(root, fileNames(request));
  await opened.handle.close();
  checkUnmodified(request, opened);
  setHeaders(reply, opened);
  return reply.header('content-length', opened.stats.size).send();
}

async function deleteFile(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const names = fileNames(request);
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(names);
  if (stats.isDirectory()) throw invalidParameter(`/Volumes/${names.join('/')} is a directory.`);
  try {
    await inFolder(root, names.slice(0, -1), (parent) => unlink(`${parent}/${names.at(-1)}`));
  } catch (error) {
    if (isAbsence(error)) throw missing(names);
    throw error;
  }
  return reply.status(204).send();
}

/** A file lies in a volume: `/Volumes/catalog/schema/volume/name` at least. */
function fileNames(request: FastifyRequest): string[] {
  const names = belowVolumes(namesOfUrl(request.raw.url as string, prefix));
  if (names.length < 4)
    throw invalidParameter(`Invalid path: a file lies in a volume, but got /Volumes/${names.join('/')}`);
  return names;
}

async function makeParents(root: string, names: readonly string[]): Promise<void> {
  try {
    await makeFolders(root, names.slice(0, -1));
  } catch (error) {
    if (error instanceof NotAFolderError)
      throw new ApiError(409, 'ALREADY_EXISTS', `'${error.message}' is not a directory.`);
    throw error;
  }
}

async function openOr404(root: string, names: readonly string[]): Promise<Opened> {
  const opened = await openFile(root, names);
  if (opened === undefined) throw missing(names);
  return opened;
}

function missing(names: readonly string[]): ApiError {
  return new ApiError(404, 'NOT_FOUND', `The file /Volumes/${names.join('/')} does not exist.`);
}

function checkUnmodified(request: FastifyRequest, opened: Opened): void {
  const since = Date.parse(String(request.headers['if-unmodified-since'] ?? ''));
  // The header has whole seconds, the file system more.
  if (Number.isNaN(since) || Math.floor(opened.stats.mtimeMs / 1_000) * 1_000 <= since) return;
  throw new ApiError(412, 'FAILED_PRECONDITION', 'The file was modified.');
}

function setHeaders(reply: FastifyReply, opened: Opened): void {
  void reply
    .header('content-type', 'application/octet-stream')
    .header('accept-ranges', 'bytes')
    .header('last-modified', opened.stats.mtime.toUTCString());
}
