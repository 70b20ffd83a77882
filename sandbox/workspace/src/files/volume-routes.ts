import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { inFolder, isAbsence, makeFolders, NotAFolderError, statBelow } from './safe-folder.ts';
import { CreateVolume, ListVolumes, UpdateVolume, VolumePart } from './schema.ts';
import type { VolumeRecord, VolumeStore } from './volume-store.ts';

export interface VolumeRoutesOptions {
  volumesDir: string;
  volumes: VolumeStore;
  userName: string;
  now: () => number;
}

type Names = [catalog: string, schema: string, volume: string];

const prefix = '/api/2.1/unity-catalog/volumes';
const maxPageSize = 1_000;

/**
 * Volumes of Unity Catalog, as far as there is a catalog here: catalogs and schemas come into being with their first volume, and a volume also with the
 * first file that is put into it. Only managed ones: there is no other storage.
 *
 * @see https://docs.databricks.com/api/workspace/volumes
 */
export function registerVolumes(app: FastifyInstance, options: VolumeRoutesOptions): void {
  app.post(prefix, ({ body }) => createVolume(options, body));
  app.get(prefix, ({ query }) => listVolumes(options, query));
  app.get(`${prefix}/:name`, async ({ params }) => view(options, await must(options, params)));
  app.patch(`${prefix}/:name`, ({ params, body }) => updateVolume(options, params, body));
  app.delete(`${prefix}/:name`, ({ params }) => deleteVolume(options, params));
}

async function createVolume(options: VolumeRoutesOptions, body: unknown): Promise<Record<string, unknown>> {
  const { catalog_name: catalog, schema_name: schema, name, comment, ...rest } = parseInput(CreateVolume, body);
  if (rest.volume_type === 'EXTERNAL' || rest.storage_location !== undefined)
    throw invalidParameter('External volumes are not supported: this workspace has no external locations.');
  const names: Names = [catalog, schema, name];
  if ((await statBelow(options.volumesDir, names)) !== undefined) throw exists(names);
  try {
    await makeFolders(options.volumesDir, names);
  } catch (error) {
    if (error instanceof NotAFolderError) throw exists(names);
    throw error;
  }
  options.volumes.put(names.join('.'), { ...fresh(options, options.now()), comment });
  return view(options, names);
}

async function listVolumes(options: VolumeRoutesOptions, query: unknown): Promise<Record<string, unknown>> {
  const { catalog_name: catalog, schema_name: schema, ...page } = parseInput(ListVolumes, query);
  const size = Math.min(page.max_results || maxPageSize, maxPageSize);
  const after = Buffer.from(page.page_token ?? '', 'base64url').toString('utf8');
  const all = await foldersIn(options.volumesDir, [catalog, schema]);
  const left = all.filter((name) => name > after);
  const shown = left.slice(0, size);
  const volumes = await Promise.all(shown.map((name) => view(options, [catalog, schema, name])));
  const next = left.length > size ? { next_page_token: Buffer.from(shown.at(-1) ?? '').toString('base64url') } : {};
  return { ...(volumes.length === 0 ? {} : { volumes }), ...next };
}

async function updateVolume(
  options: VolumeRoutesOptions,
  params: unknown,
  body: unknown,
): Promise<Record<string, unknown>> {
  const names = await must(options, params);
  const { new_name: newName, comment, owner } = parseInput(UpdateVolume, body);
  const record = await recordOf(options, names);
  const renamed: Names = [names[0], names[1], newName ?? names[2]];
  if (newName !== undefined && newName !== names[2]) await renameVolume(options, names, renamed);
  options.volumes.put(renamed.join('.'), {
    ...record,
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
    ...{ updatedAt: options.now(), updatedBy: options.userName },
  });
  return view(options, renamed);
}

async function renameVolume({ volumesDir, volumes }: VolumeRoutesOptions, from: Names, to: Names): Promise<void> {
  if ((await statBelow(volumesDir, to)) !== undefined) throw exists(to);
  await inFolder(volumesDir, from.slice(0, 2), (folder) => rename(`${folder}/${from[2]}`, `${folder}/${to[2]}`));
  volumes.remove(from.join('.'));
}

/** Its files go with it, as those of a managed volume do. */
async function deleteVolume(options: VolumeRoutesOptions, params: unknown): Promise<Record<string, never>> {
  const names = await must(options, params);
  await inFolder(options.volumesDir, names.slice(0, 2), (folder) =>
    rm(`${folder}/${names[2]}`, { recursive: true, force: true }),
  );
  options.volumes.remove(names.join('.'));
  return {};
}

async function must({ volumesDir }: VolumeRoutesOptions, params: unknown): Promise<Names> {
  const { name } = params as { name: string };
  const names = name.split('.');
  const isWhole = names.length === 3 && names.every((part) => VolumePart.safeParse(part).success);
  if (!isWhole) throw invalidParameter(`'${name}' is not a full name: catalog.schema.volume.`);
  if ((await statBelow(volumesDir, names))?.isDirectory() !== true)
    throw new ApiError(404, 'NOT_FOUND', `Volume '${name}' does not exist.`);
  return names as Names;
}

async function view(options: VolumeRoutesOptions, names: Names): Promise<Record<string, unknown>> {
  const [catalog, schema, name] = names;
  const { volumeId, comment, owner, ...times } = await recordOf(options, names);
  return {
    ...{ catalog_name: catalog, schema_name: schema, name, full_name: names.join('.'), volume_type: 'MANAGED' },
    ...{ volume_id: volumeId, owner, storage_location: `dbfs:/Volumes/${names.join('/')}` },
    ...(comment === undefined ? {} : { comment }),
    ...{ created_at: times.createdAt, created_by: times.createdBy },
    ...{ updated_at: times.updatedAt, updated_by: times.updatedBy },
  };
}

/** One that came into being with a file gets its record when it is first asked for, so that its id stays. */
async function recordOf(options: VolumeRoutesOptions, names: Names): Promise<VolumeRecord> {
  const known = options.volumes.get(names.join('.'));
  if (known !== undefined) return known;
  const since = (await statBelow(options.volumesDir, names))?.birthtimeMs ?? options.now();
  const record = fresh(options, Math.round(since));
  options.volumes.put(names.join('.'), record);
  return record;
}

function fresh({ userName }: VolumeRoutesOptions, at: number): VolumeRecord {
  return {
    ...{ volumeId: randomUUID(), owner: userName },
    ...{ createdAt: at, createdBy: userName, updatedAt: at, updatedBy: userName },
  };
}

async function foldersIn(root: string, names: readonly string[]): Promise<string[]> {
  try {
    return await inFolder(root, names, async (folder) => {
      const found = (await readdir(folder)).filter((name) => VolumePart.safeParse(name).success).sort();
      const stats = await Promise.all(found.map((name) => lstat(`${folder}/${name}`).catch(() => undefined)));
      return found.filter((_name, at) => stats[at]?.isDirectory() === true);
    });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function exists(names: Names): ApiError {
  return new ApiError(409, 'ALREADY_EXISTS', `Volume '${names.join('.')}' already exists.`);
}
