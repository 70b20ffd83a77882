import type { Stats } from 'node:fs';
import { lstat, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { inFolder, isAbsence, makeFolders, NotAFolderError, openFile, statBelow } from '../files/safe-folder.ts';
import { storeUpload, uploadsName } from '../files/uploads.ts';
import { importInput } from './import-input.ts';
import { objectId, objectNames, shownPath } from './object-path.ts';
import { DeleteObject, ExportQuery, Mkdirs, PathQuery } from './schema.ts';

/** Largest content of one import or export. */
const maxContentBytes = 10 * 1_024 * 1_024;

/** Workspace objects, plain files and folders only: @see https://docs.databricks.com/api/workspace/workspace */
export function registerObjects(app: FastifyInstance, root: string): void {
  void app.register(async (objects) => {
    objects.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer', bodyLimit: 16 * 1_024 * 1_024 },
      (_request, body, done) => done(null, body),
    );
    objects.post('/api/2.0/workspace/import', (request) => importObject(root, request));
    objects.get('/api/2.0/workspace/export', (request, reply) => exportObject(root, request, reply));
    objects.get('/api/2.0/workspace/get-status', (request) => getStatus(root, request));
    objects.get('/api/2.0/workspace/list', (request) => listObjects(root, request));
    objects.post('/api/2.0/workspace/mkdirs', (request) => makeObjectFolders(root, request));
    objects.post('/api/2.0/workspace/delete', (request) => deleteObject(root, request));
  });
}

async function importObject(root: string, request: FastifyRequest): Promise<unknown> {
  const { path, content, overwrite } = await importInput(request);
  if (content.length > maxContentBytes) {
    throw new ApiError(
      400,
      'MAX_NOTEBOOK_SIZE_EXCEEDED',
      `The content of ${path} is larger than ${maxContentBytes} bytes.`,
    );
  }
  const names = objectNames(path);
  if (names.length === 0 || names.includes(uploadsName))
    throw invalidParameter(`Path (${path}) is not a path of a file.`);
  const parent = await statBelow(root, names.slice(0, -1));
  if (parent?.isDirectory() !== true) {
    throw new ApiError(
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `The parent folder (${shownPath(names.slice(0, -1))}) does not exist.`,
    );
  }
  const result = await storeUpload({ root, names, overwrite }, content);
  if (result.kind !== 'stored')
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `Path (${shownPath(names)}) already exists.`);
  return {};
}

async function exportObject(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const query = parseInput(ExportQuery, request.query);
  const names = objectNames(query.path);
  const opened = await openFile(root, names);
  if (opened === undefined) {
    if ((await statBelow(root, names)) !== undefined)
      throw invalidParameter(`Path (${query.path}) is a folder and cannot be exported.`);
    throw missing(query.path);
  }
  if (query.direct_download === 'true') {
    void reply.header('content-length', opened.stats.size).type('application/octet-stream');
    return reply.send(opened.handle.createReadStream());
  }
  try {
    if (opened.stats.size > maxContentBytes) {
      throw new ApiError(400, 'MAX_NOTEBOOK_SIZE_EXCEEDED', `${query.path} is larger than ${maxContentBytes} bytes.`);
    }
    return { content: (await opened.handle.readFile()).toString('base64'), file_type: 'file' };
  } finally {
    await opened.handle.close();
  }
}

async function getStatus(root: string, request: FastifyRequest): Promise<unknown> {
  const { path } = parseInput(PathQuery, request.query);
  const names = objectNames(path);
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  return describe(names, stats);
}

async function listObjects(root: string, request: FastifyRequest): Promise<unknown> {
  const { path } = parseInput(PathQuery, request.query);
  const names = objectNames(path);
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  if (!stats.isDirectory()) return { objects: [describe(names, stats)] };
  const objects = await inFolder(root, names, async (folder) => {
    const found = (await readdir(folder)).filter((name) => name !== uploadsName).sort();
    return Promise.all(found.map(async (name) => describe([...names, name], await lstat(`${folder}/${name}`))));
  });
  return objects.length === 0 ? {} : { objects };
}

async function makeObjectFolders(root: string, request: FastifyRequest): Promise<unknown> {
  const { path } = parseInput(Mkdirs, request.body);
  try {
    await makeFolders(root, objectNames(path));
  } catch (error) {
    if (!(error instanceof NotAFolderError)) throw error;
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `'${error.message}' in the path ${path} is not a folder.`);
  }
  return {};
}

async function deleteObject(root: string, request: FastifyRequest): Promise<unknown> {
  const { path, recursive } = parseInput(DeleteObject, request.body);
  const names = objectNames(path);
  if (names.length === 0) throw invalidParameter('The root folder cannot be deleted.');
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  try {
    await inFolder(root, names.slice(0, -1), (parent) => remove(`${parent}/${names.at(-1)}`, stats, recursive));
  } catch (error) {
    if (isAbsence(error)) throw missing(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    throw new ApiError(400, 'DIRECTORY_NOT_EMPTY', `The folder (${path}) is not empty.`);
  }
  return {};
}

async function remove(path: string, stats: Stats, recursive: boolean): Promise<void> {
  if (!stats.isDirectory()) return unlink(path);
  return recursive ? rm(path, { recursive: true }) : rmdir(path);
}

function describe(names: readonly string[], stats: Stats): Record<string, unknown> {
  const path = shownPath(names);
  const object = { object_id: objectId(names), path, modified_at: Math.round(stats.mtimeMs) };
  if (stats.isDirectory()) return { ...object, object_type: 'DIRECTORY' };
  return { ...object, object_type: 'FILE', size: stats.size, created_at: Math.round(stats.birthtimeMs) };
}

function missing(path: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Path (${path}) doesn't exist.`);
}
