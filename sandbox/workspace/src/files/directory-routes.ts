import type { Stats } from 'node:fs';
import { lstat, readdir, rmdir } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { belowVolumes, namesOfUrl } from './api-path.ts';
import { inFolder, isAbsence, makeFolders, NotAFolderError, statBelow } from './safe-folder.ts';
import { tablesName } from './reserved-names.ts';
import { ListDirectory } from './schema.ts';
import { uploadsName } from './uploads.ts';

const prefix = '/api/2.0/fs/directories';
const maxPageSize = 1_000;

/** Files API, directories. A volume comes into being with the first folder that is made in it. */
export function registerDirectories(app: FastifyInstance, volumesDir: string): void {
  void app.register(async (directories) => {
    directories.removeAllContentTypeParsers();
    directories.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume();
      payload.on('end', () => done(null));
    });
    directories.put(`${prefix}/*`, (request, reply) => putDirectory(volumesDir, request, reply));
    directories.get(`${prefix}/*`, { exposeHeadRoute: false }, (request) => listDirectory(volumesDir, request));
    directories.head(`${prefix}/*`, (request, reply) => headDirectory(volumesDir, request, reply));
    directories.delete(`${prefix}/*`, (request, reply) => deleteDirectory(volumesDir, request, reply));
  });
}

async function putDirectory(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const names = folderNames(request);
  try {
    await makeFolders(root, names);
  } catch (error) {
    if (error instanceof NotAFolderError)
      throw new ApiError(409, 'ALREADY_EXISTS', `'${error.message}' is not a directory.`);
    throw error;
  }
  return reply.status(204).send();
}

async function listDirectory(root: string, request: FastifyRequest): Promise<unknown> {
  const names = folderNames(request);
  const { page_size: wanted = 0, page_token: token = '' } = parseInput(ListDirectory, request.query);
  const size = wanted === 0 ? maxPageSize : Math.min(wanted, maxPageSize);
  const after = Buffer.from(token, 'base64url').toString('utf8');
  try {
    return await inFolder(root, names, async (folder) => {
      const left = (await readdir(folder))
        .filter((name) => name > after && name !== uploadsName && name !== tablesName)
        .sort(byCodeUnit);
      const entries = await Promise.all(left.slice(0, size).map((name) => entryOf(folder, names, name)));
      const contents = entries.filter((entry) => entry !== undefined);
      const next =
        left.length > size ? { next_page_token: Buffer.from(left[size - 1] as string).toString('base64url') } : {};
      return { ...(contents.length === 0 ? {} : { contents }), ...next };
    });
  } catch (error) {
    if (isAbsence(error)) throw missing(names);
    throw error;
  }
}

async function headDirectory(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const names = folderNames(request);
  const stats = await statBelow(root, names);
  if (stats?.isDirectory() !== true) throw missing(names);
  return reply.status(200).send();
}

async function deleteDirectory(root: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const names = folderNames(request);
  if (names.length === 0) throw invalidParameter('/Volumes cannot be deleted.');
  try {
    await inFolder(root, names.slice(0, -1), (parent) => rmdir(`${parent}/${names.at(-1)}`));
  } catch (error) {
    if (isAbsence(error)) throw missing(names);
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') {
      throw new ApiError(400, 'DIRECTORY_NOT_EMPTY', `The directory /Volumes/${names.join('/')} is not empty.`);
    }
    throw error;
  }
  return reply.status(204).send();
}

function folderNames(request: FastifyRequest): string[] {
  return belowVolumes(namesOfUrl(request.raw.url as string, prefix));
}

async function entryOf(
  folder: string,
  names: readonly string[],
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const stats: Stats | undefined = await lstat(`${folder}/${name}`).catch(() => undefined);
  // Links, pipes and the like cannot be read through this API, so they are not shown; a file may also vanish since the folder was read.
  if (stats === undefined || !(stats.isFile() || stats.isDirectory())) return undefined;
  const shown = { name, path: `/Volumes/${[...names, name].join('/')}`, is_directory: stats.isDirectory() };
  return { ...shown, ...(stats.isFile() ? { file_size: stats.size } : {}), last_modified: Math.round(stats.mtimeMs) };
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function missing(names: readonly string[]): ApiError {
  return new ApiError(404, 'NOT_FOUND', `The directory /Volumes/${names.join('/')} does not exist.`);
}
