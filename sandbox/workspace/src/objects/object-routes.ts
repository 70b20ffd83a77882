import type { Stats } from 'node:fs';
import { lstat, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter, notImplemented } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { inFolder, isAbsence, makeFolders, NotAFolderError, openFile, statBelow } from '../files/safe-folder.ts';
import { uploadsName } from '../files/uploads.ts';
import { registerImportFile } from './import-file.ts';
import { importInput } from './import-input.ts';
import type { NotebookStore, ObjectLanguage } from './notebook-store.ts';
import { extensions, jupyterOfSource } from './notebook-text.ts';
import { objectId, objectNames, shownPath } from './object-path.ts';
import { DeleteObject, ExportQuery, Mkdirs, PathQuery } from './schema.ts';
import { maxContentBytes, type ObjectContext, storeObject } from './store-object.ts';

/** Workspace objects: files, notebooks, folders. @see https://docs.databricks.com/api/workspace/workspace */
export function registerObjects(app: FastifyInstance, context: ObjectContext): void {
  registerImportFile(app, context);
  void app.register(async (objects) => {
    objects.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer', bodyLimit: 16 * 1_024 * 1_024 },
      (_request, body, done) => done(null, body),
    );
    objects.post('/api/2.0/workspace/import', (request) => importObject(context, request));
    objects.get('/api/2.0/workspace/export', (request, reply) => exportObject(context, request, reply));
    objects.get('/api/2.0/workspace/get-status', (request) => getStatus(context, request));
    objects.get('/api/2.0/workspace/list', (request) => listObjects(context, request));
    objects.post('/api/2.0/workspace/mkdirs', (request) => makeObjectFolders(context.root, request));
    objects.post('/api/2.0/workspace/delete', (request) => deleteObject(context, request));
  });
}

async function importObject(context: ObjectContext, request: FastifyRequest): Promise<unknown> {
  const input = await importInput(request);
  if (input.content.length > maxContentBytes) throw tooLarge(input.path);
  await storeObject(context, input);
  return {};
}

async function exportObject(context: ObjectContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const query = parseInput(ExportQuery, request.query);
  const names = objectNames(query.path);
  const opened = await openFile(context.root, names);
  if (opened === undefined) {
    if ((await statBelow(context.root, names)) !== undefined)
      throw invalidParameter(`Path (${query.path}) is a folder and cannot be exported.`);
    throw missing(query.path);
  }
  const language = context.notebooks.language(shownPath(names));
  const isDirect = query.direct_download === 'true';
  if (isDirect && language === undefined) {
    void reply.header('content-length', opened.stats.size).type('application/octet-stream');
    return reply.send(opened.handle.createReadStream());
  }
  try {
    if (opened.stats.size > maxContentBytes) throw tooLarge(query.path);
    const content = await opened.handle.readFile();
    const shown =
      language === undefined ? { bytes: content, fileType: 'file' } : inFormat(content, language, query.format);
    if (isDirect) return await reply.type('application/octet-stream').send(shown.bytes);
    return { content: shown.bytes.toString('base64'), file_type: shown.fileType };
  } finally {
    await opened.handle.close();
  }
}

/** A notebook as it is stored, or as Jupyter has it. */
function inFormat(content: Buffer, language: ObjectLanguage, format = 'SOURCE'): { bytes: Buffer; fileType: string } {
  if (format === 'JUPYTER')
    return { bytes: Buffer.from(jupyterOfSource(content.toString('utf8'), language)), fileType: 'ipynb' };
  if (['SOURCE', 'AUTO', 'RAW'].includes(format)) return { bytes: content, fileType: extensions[language] };
  throw notImplemented(`Export with format ${format.slice(0, 40)}`);
}

async function getStatus({ root, notebooks }: ObjectContext, request: FastifyRequest): Promise<unknown> {
  const { path } = parseInput(PathQuery, request.query);
  const names = objectNames(path);
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  return describe(names, stats, notebooks);
}

async function listObjects({ root, notebooks }: ObjectContext, request: FastifyRequest): Promise<unknown> {
  const { path } = parseInput(PathQuery, request.query);
  const names = objectNames(path);
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  if (!stats.isDirectory()) return { objects: [describe(names, stats, notebooks)] };
  const objects = await inFolder(root, names, async (folder) => {
    const found = (await readdir(folder)).filter((name) => name !== uploadsName).sort();
    return Promise.all(
      found.map(async (name) => describe([...names, name], await lstat(`${folder}/${name}`), notebooks)),
    );
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

async function deleteObject({ root, notebooks }: ObjectContext, request: FastifyRequest): Promise<unknown> {
  const { path, recursive } = parseInput(DeleteObject, request.body);
  const names = objectNames(path);
  if (names.length === 0) throw invalidParameter('The root folder cannot be deleted.');
  const stats = await statBelow(root, names);
  if (stats === undefined) throw missing(path);
  try {
    await inFolder(root, names.slice(0, -1), (parent) => remove(`${parent}/${names.at(-1)}`, stats, recursive));
    notebooks.remove(shownPath(names));
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

function describe(names: readonly string[], stats: Stats, notebooks: NotebookStore): Record<string, unknown> {
  const path = shownPath(names);
  const id = objectId(names);
  const object = { object_id: id, resource_id: String(id), path, modified_at: Math.round(stats.mtimeMs) };
  if (stats.isDirectory()) return { ...object, object_type: 'DIRECTORY' };
  const createdAt = Math.round(stats.birthtimeMs);
  const language = notebooks.language(path);
  if (language !== undefined) return { ...object, object_type: 'NOTEBOOK', language, created_at: createdAt };
  return { ...object, object_type: 'FILE', size: stats.size, created_at: createdAt };
}

function tooLarge(path: string): ApiError {
  return new ApiError(
    400,
    'MAX_NOTEBOOK_SIZE_EXCEEDED',
    `The content of ${path} is larger than ${maxContentBytes} bytes.`,
  );
}

function missing(path: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Path (${path}) doesn't exist.`);
}
