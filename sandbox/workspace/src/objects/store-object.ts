import type { Readable } from 'node:stream';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { statBelow } from '../files/safe-folder.ts';
import { storeUpload, uploadsName } from '../files/uploads.ts';
import type { ImportInput } from './import-input.ts';
import type { NotebookStore } from './notebook-store.ts';
import { objectNames, shownPath } from './object-path.ts';

/** Largest content of one import or export. */
export const maxContentBytes = 10 * 1_024 * 1_024;

export interface ObjectContext {
  /** Folder of all workspace objects. */
  root: string;
  notebooks: NotebookStore;
}

/** Puts a file or notebook in its place. A notebook never replaces a file, nor a file a notebook. `conflict` is the status for a clash. */
export async function storeObject(
  { root, notebooks }: ObjectContext,
  input: Omit<ImportInput, 'content'> & { content: Buffer | Readable },
  conflict: 400 | 409 = 400,
): Promise<void> {
  const names = objectNames(input.path);
  if (names.length === 0 || names.includes(uploadsName))
    throw invalidParameter(`Path (${input.path}) is not a path of a file.`);
  const path = shownPath(names);
  if ((await statBelow(root, names.slice(0, -1)))?.isDirectory() !== true) {
    const parent = shownPath(names.slice(0, -1));
    throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `The parent folder (${parent}) does not exist.`);
  }
  const exists = (await statBelow(root, names)) !== undefined;
  const isOther = exists && (notebooks.language(path) === undefined) !== (input.language === undefined);
  if (isOther || (exists && !input.overwrite)) throw clash(path, conflict);
  // Before the file: a crash between the two leaves a row without an object, which nothing shows.
  if (input.language !== undefined) notebooks.put(path, input.language);
  else if (!exists) notebooks.remove(path);
  const result = await storeUpload({ root, names, overwrite: input.overwrite }, input.content);
  if (result.kind !== 'stored') throw clash(path, conflict);
}

function clash(path: string, status: number): ApiError {
  return new ApiError(status, 'RESOURCE_ALREADY_EXISTS', `Path (${path}) already exists.`);
}
