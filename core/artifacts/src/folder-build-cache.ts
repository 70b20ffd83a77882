import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildCache, type CachedBuild, Digest, SlowLaneError } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { CachedBuildRecord } from './schema.ts';
import { writeAtomically } from './write-atomically.ts';

/**
 * One small JSON file per content key. Put results of successful builds only, after collection: a build must never reach this folder.
 * A file that cannot be read counts as absent, so the worst that damage does is one more build.
 */
export function createFolderBuildCache(folder: string): BuildCache {
  return {
    get: async (key) => get(pathOf(folder, key)),
    put: async (key, build) =>
      writeAtomically(pathOf(folder, key), `${canonicalJson(CachedBuildRecord.parse(build))}\n`),
  };
}

function pathOf(folder: string, key: Digest): string {
  if (!Digest.safeParse(key).success) throw new SlowLaneError('artifact.corrupt', `not a content key: ${String(key)}`);
  const hex = key.slice('sha256:'.length);
  return join(folder, hex.slice(0, 2), `${hex.slice(2)}.json`);
}

async function get(path: string): Promise<CachedBuild | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return CachedBuildRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
