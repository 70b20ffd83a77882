import { type ResultFile, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import { entriesOf } from './entries-of.ts';

const mostFiles = 2_000;
const deepest = 8;

/**
 * Files below a result folder, with names relative to it (`delays.csv`, `tables/a.csv`), sorted. Left out: what begins with `_` or `.` (Spark's markers
 * and checksums) and the driver's `progress/`. A folder that is not there has none. Throws `join.failed` above 2,000 files.
 */
export async function listResultFiles(volumes: VolumeStore, folder: string): Promise<ResultFile[]> {
  const files: ResultFile[] = [];
  await walk(volumes, folder, { prefix: '', depth: 0, files });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Walk {
  prefix: string;
  depth: number;
  files: ResultFile[];
}

async function walk(volumes: VolumeStore, folder: string, { prefix, depth, files }: Walk): Promise<void> {
  for (const entry of await entriesOf(volumes, folder)) {
    if (/^[._]/.test(entry.name) || (depth === 0 && entry.name === 'progress' && entry.isFolder)) continue;
    if (!entry.isFolder) files.push({ name: prefix + entry.name, path: entry.path, size: entry.size });
    else if (depth < deepest)
      await walk(volumes, entry.path, { prefix: `${prefix}${entry.name}/`, depth: depth + 1, files });
    if (files.length > mostFiles)
      throw new SlowLaneError('join.failed', `"${folder}" holds more than ${mostFiles} result files`);
  }
}
