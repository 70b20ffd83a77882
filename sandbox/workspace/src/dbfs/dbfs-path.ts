import { invalidParameter } from '../http/api-error.ts';
import { namesOfPath } from '../files/api-path.ts';
import { tablesName } from '../files/reserved-names.ts';
import { uploadsName } from '../files/uploads.ts';

export interface DbfsRoots {
  dbfsDir: string;
  volumesDir: string;
}

export interface DbfsPath {
  root: string;
  names: string[];
  /** As the API shows it, without `dbfs:`. */
  shown: string;
  isInVolume: boolean;
}

/** `/a/b` and `dbfs:/a/b` are the same file; below `/Volumes` they are the volume's. 400 for a path that walks. */
export function dbfsPath({ dbfsDir, volumesDir }: DbfsRoots, path: string): DbfsPath {
  const names = namesOfPath(path.replace(/^dbfs:/, ''));
  const shown = `/${names.join('/')}`;
  const isInVolume = names[0] === 'Volumes';
  const below = isInVolume ? names.slice(1) : names;
  const reserved = [uploadsName, tablesName].find((name) => below[0] === name);
  if (reserved !== undefined) throw invalidParameter(`Invalid path: the name ${reserved} is reserved.`);
  return { root: isInVolume ? volumesDir : dbfsDir, names: below, shown, isInVolume };
}
