import {
  type JsonObject,
  type ModulePart,
  type PartRecord,
  type PipelineFile,
  type ResultFile,
  SlowLaneError,
  type VolumeStore,
} from '@slowlane/contracts';
import { joinedFolder, partPaths } from '@slowlane/kit';
import { eachAtMost } from './each-at-most.ts';
import { mergeFiles } from './merge-files.ts';
import { listResultFiles } from './result-files.ts';

/** Result folders of parts that are listed at the same time. */
const listedAtOnce = 8;

export interface Joining {
  file: PipelineFile;
  resultPath: string;
  /** Those that have succeeded, and whose files belong to the result. */
  parts: PartRecord[];
  /** Further files of the result: name -> content. */
  extra?: Record<string, JsonObject | object[]>;
}

interface Listed {
  key: string;
  files: ResultFile[];
}

/**
 * The result of a request whose parts have succeeded: files that the operation merges, then all others under the key of their part. A request that was
 * not split has its files under their own names. Doing it again writes the same bytes.
 */
export async function joinParts(volumes: VolumeStore, joining: Joining): Promise<ResultFile[]> {
  const { file, resultPath, parts, extra = {} } = joining;
  const listed: Listed[] = await eachAtMost(listedAtOnce, parts, async ({ key, attempt }) => ({
    key,
    files: await listResultFiles(volumes, partPaths(resultPath, key, attempt).result),
  }));
  const written = await writeExtra(volumes, resultPath, extra);
  const { split, merge, module } = file.operation.mediate;
  const isOnePart = parts.length === 1 && parts[0]?.key === 'all';
  if (split === undefined && (module === undefined || isOnePart))
    return [...written, ...listed.flatMap(({ files }) => files)];

  const merged: ResultFile[] = [];
  for (const { file: name, as } of merge) {
    const sources = listed.map(({ key, files }) => ({ key, ...mergeSource(name, key, files) }));
    merged.push(await mergeFiles(volumes, { file: name, as, sources, path: `${joinedFolder(resultPath)}/${name}` }));
  }
  const names = new Set(merge.map((declared) => declared.file));
  return [...written, ...merged, ...listed.flatMap((part) => apart(part, names))];
}

/** What a module's `join` learns of each part. */
export async function modulePartsOf(
  volumes: VolumeStore,
  { resultPath, parts }: { resultPath: string; parts: readonly PartRecord[] },
): Promise<ModulePart[]> {
  return eachAtMost(listedAtOnce, parts, async ({ key, attempt, state, document, failure }) => {
    const files = await listResultFiles(volumes, partPaths(resultPath, key, attempt).result);
    return {
      key,
      state: state as ModulePart['state'],
      document,
      files: files.map(({ name, size }) => ({ name, size })),
      ...(failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } }),
    };
  });
}

async function writeExtra(
  volumes: VolumeStore,
  resultPath: string,
  extra: Record<string, JsonObject | object[]>,
): Promise<ResultFile[]> {
  const written: ResultFile[] = [];
  for (const [name, content] of Object.entries(extra)) {
    const path = `${joinedFolder(resultPath)}/${name}`;
    const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
    await volumes.write(path, bytes);
    written.push({ name, path, size: bytes.length });
  }
  return written;
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
