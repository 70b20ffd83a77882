import type { Stats } from 'node:fs';
import { lstat, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { inFolder, isAbsence, makeFolders, NotAFolderError, openFile, statBelow } from '../files/safe-folder.ts';
import { storeUpload, uploadsName } from '../files/uploads.ts';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { decodeBase64 } from '../http/decode-base64.ts';
import { parseInput } from '../http/parse-input.ts';
import { type DbfsPath, dbfsPath, type DbfsRoots } from './dbfs-path.ts';
import { createHandles, type Handles } from './handles.ts';
import { AddBlock, CloseFile, CreateFile, DeleteBody, MoveBody, PathInput, PutFile, ReadQuery } from './schema.ts';

const prefix = '/api/2.0/dbfs';
const maxBytes = 1_024 * 1_024;

/** Legacy file access: small files, at most 1 MB a call. @see https://docs.databricks.com/api/workspace/dbfs */
export function registerDbfs(app: FastifyInstance, { now, ...roots }: DbfsRoots & { now: () => number }): void {
  const at = (path: string): DbfsPath => dbfsPath(roots, path);
  registerWriting(app, at, createHandles(now));
  app.get(`${prefix}/read`, async (request) => {
    const { path, offset, length } = parseInput(ReadQuery, request.query);
    return readPart(at(path), offset, length);
  });
  app.get(`${prefix}/get-status`, async (request) => {
    const file = at(parseInput(PathInput, request.query).path);
    return infoOf(file.shown, await statOr404(file));
  });
  app.get(`${prefix}/list`, async (request) => list(at(parseInput(PathInput, request.query).path)));
  app.post(`${prefix}/mkdirs`, async (request) => {
    await makeAll(at(parseInput(PathInput, request.body).path));
    return {};
  });
  app.post(`${prefix}/move`, async (request) => {
    const { source_path, destination_path } = parseInput(MoveBody, request.body);
    return move(at(source_path), at(destination_path));
  });
  app.post(`${prefix}/delete`, async (request) => {
    const { path, recursive } = parseInput(DeleteBody, request.body);
    return remove(at(path), recursive);
  });
}

function registerWriting(app: FastifyInstance, at: (path: string) => DbfsPath, handles: Handles): void {
  app.post(`${prefix}/create`, async (request) => {
    const { path, overwrite } = parseInput(CreateFile, request.body);
    return { handle: await handles.create({ ...(await target(at(path), overwrite)), overwrite }) };
  });
  app.post(`${prefix}/add-block`, async (request) => {
    const { handle, data } = parseInput(AddBlock, request.body);
    await handles.add(handle, block(data, 'data'));
    return {};
  });
  app.post(`${prefix}/close`, async (request) => {
    if ((await handles.close(parseInput(CloseFile, request.body).handle)) !== 'stored')
      throw exists('The path of the stream');
    return {};
  });
  app.post(`${prefix}/put`, async (request) => {
    const { path, contents, overwrite } = parseInput(PutFile, request.body);
    const bytes = block(contents, 'contents');
    const file = await target(at(path), overwrite);
    if ((await storeUpload({ ...file, overwrite }, bytes)).kind !== 'stored') throw exists(file.shown);
    return {};
  });
}

/** A path that may be written, its folders made. */
async function target(file: DbfsPath, overwrite: boolean): Promise<DbfsPath> {
  if (file.names.length < (file.isInVolume ? 4 : 1)) throw invalidParameter(`${file.shown} is not a path of a file.`);
  const stats = await statBelow(file.root, file.names);
  if (stats !== undefined && (!overwrite || stats.isDirectory())) throw exists(file.shown);
  await makeAll({ ...file, names: file.names.slice(0, -1) });
  return file;
}

async function makeAll(folder: DbfsPath): Promise<void> {
  try {
    await makeFolders(folder.root, folder.names);
  } catch (error) {
    if (error instanceof NotAFolderError) throw exists(`'${error.message}' of the path ${folder.shown}`);
    throw error;
  }
}

function block(base64: string, field: string): Buffer {
  const bytes = decodeBase64(base64, field);
  if (bytes.length > maxBytes)
    throw new ApiError(
      400,
      'MAX_BLOCK_SIZE_EXCEEDED',
      `${field} has ${bytes.length} bytes, at most ${maxBytes} are allowed.`,
    );
  return bytes;
}

async function readPart(file: DbfsPath, offset: number, length = maxBytes / 2): Promise<object> {
  if (length > maxBytes)
    throw new ApiError(400, 'MAX_READ_SIZE_EXCEEDED', `length is ${length}, at most ${maxBytes} is allowed.`);
  const opened = await openFile(file.root, file.names);
  if (opened === undefined) {
    if ((await statBelow(file.root, file.names))?.isDirectory() === true)
      throw invalidParameter(`${file.shown} is a directory.`);
    throw missing(file);
  }
  try {
    if (offset > opened.stats.size) throw invalidParameter(`offset ${offset} is behind the end of ${file.shown}.`);
    const buffer = Buffer.alloc(Math.min(length, opened.stats.size - offset));
    const { bytesRead } = await opened.handle.read(buffer, 0, buffer.length, offset);
    return { bytes_read: bytesRead, data: buffer.subarray(0, bytesRead).toString('base64') };
  } finally {
    await opened.handle.close();
  }
}

async function list(file: DbfsPath): Promise<object> {
  const stats = await statOr404(file);
  if (!stats.isDirectory()) return { files: [infoOf(file.shown, stats)] };
  const files = await inFolder(file.root, file.names, async (folder) => {
    const names = (await readdir(folder)).filter((name) => name !== uploadsName).sort();
    const base = file.shown === '/' ? '' : file.shown;
    return Promise.all(names.map(async (name) => infoOf(`${base}/${name}`, await lstat(`${folder}/${name}`))));
  });
  return files.length === 0 ? {} : { files };
}

async function move(from: DbfsPath, to: DbfsPath): Promise<object> {
  if (from.names.length === 0 || to.names.length === 0) throw invalidParameter('The root cannot be moved.');
  if (from.root !== to.root)
    throw invalidParameter('A move between DBFS and a volume is not possible: copy and delete.');
  await statOr404(from);
  if ((await statBelow(to.root, to.names)) !== undefined) throw exists(to.shown);
  if (`${to.shown}/`.startsWith(`${from.shown}/`)) throw invalidParameter(`${to.shown} lies in ${from.shown}.`);
  try {
    await inFolder(from.root, from.names.slice(0, -1), (source) =>
      inFolder(to.root, to.names.slice(0, -1), (target) =>
        rename(`${source}/${from.names.at(-1)}`, `${target}/${to.names.at(-1)}`),
      ),
    );
  } catch (error) {
    if (isAbsence(error)) throw missing({ shown: to.shown.slice(0, to.shown.lastIndexOf('/')) });
    throw error;
  }
  return {};
}

async function remove(file: DbfsPath, recursive: boolean): Promise<object> {
  if (file.names.length === 0) throw invalidParameter('The root cannot be deleted.');
  const stats = await statBelow(file.root, file.names);
  // Harmless for what is not there.
  if (stats === undefined) return {};
  try {
    await inFolder(file.root, file.names.slice(0, -1), (parent) => {
      const path = `${parent}/${file.names.at(-1)}`;
      if (!stats.isDirectory()) return unlink(path);
      return recursive ? rm(path, { recursive: true }) : rmdir(path);
    });
  } catch (error) {
    if (isAbsence(error)) return {};
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    throw new ApiError(400, 'IO_ERROR', `The directory ${file.shown} is not empty.`);
  }
  return {};
}

async function statOr404(file: DbfsPath): Promise<Stats> {
  const stats = await statBelow(file.root, file.names);
  if (stats === undefined || !(stats.isFile() || stats.isDirectory())) throw missing(file);
  return stats;
}

function infoOf(path: string, stats: Stats): object {
  const isFolder = stats.isDirectory();
  return { path, is_dir: isFolder, file_size: isFolder ? 0 : stats.size, modification_time: Math.round(stats.mtimeMs) };
}

function missing({ shown }: Pick<DbfsPath, 'shown'>): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `No file or directory exists on path ${shown}.`);
}

function exists(what: string): ApiError {
  return new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `${what} already exists.`);
}
