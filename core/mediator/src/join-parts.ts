import {
  type PartRecord,
  type PipelineFile,
  type ResultFile,
  SlowLaneError,
  type VolumeStore,
} from '@slowlane/contracts';
import { joinedFolder, partPaths } from '@slowlane/kit';
import { mergeFiles } from './merge-files.ts';
import { listResultFiles } from './result-files.ts';

export interface Joining {
  file: PipelineFile;
  resultPath: string;
  parts: PartRecord[];
}

interface Listed {
  key: string;
  files: ResultFile[];
}

/**
 * The result of a request whose parts have all succeeded: files that the operation merges, then all others under the key of their part. A request that was
 * not split has its files under their own names. Doing it again writes the same bytes.
 */
export async function joinParts(volumes: VolumeStore, { file, resultPath, parts }: Joining): Promise<ResultFile[]> {
  const listed: Listed[] = [];
  for (const { key, attempt } of parts) {
    listed.push({ key, files: await listResultFiles(volumes, partPaths(resultPath, key, attempt).result) });
  }
  const { split, merge } = file.operation.mediate;
  if (split === undefined) return listed.flatMap(({ files }) => files);

  const merged: ResultFile[] = [];
  for (const { file: name, as } of merge) {
    const sources = listed.map(({ key, files }) => ({ key, ...mergeSource(name, key, files) }));
    merged.push(await mergeFiles(volumes, { file: name, as, sources, path: `${joinedFolder(resultPath)}/${name}` }));
  }
  const names = new Set(merge.map((declared) => declared.file));
  return [...merged, ...listed.flatMap((part) => apart(part, names))];
}

function mergeSource(name: string, key: string, files: ResultFile[]): { path: string; size: number } {
  const found = files.find((file) => file.name === name);
  if (found !== undefined) return found;
  const there =
    files
      .map((file) => file.name)
      .slice(0, 20)
      .join(', ') || 'nothing';
  throw new SlowLaneError('join.failed', `"${name}" of part "${key}" was not written; the part wrote: ${there}`, {
    data: { step: 'join', file: name, key },
  });
}

function apart({ key, files }: Listed, merged: Set<string>): ResultFile[] {
  return files.filter(({ name }) => !merged.has(name)).map((file) => ({ ...file, name: `${key}/${file.name}` }));
}
