import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CachedBuild } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactSetOf } from './artifact-set.ts';
import { digestOf } from './blob-bytes.ts';
import { createFolderBuildCache } from './folder-build-cache.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const build: CachedBuild = {
  buildId: 'bld_1',
  set: artifactSetOf('jar', { name: 'a.jar', digest: digestOf('a'), size: 1 }, []),
  manifest: digestOf('m'),
  provenance: digestOf('p'),
  log: digestOf('l'),
  plugin: 'scala-sbt',
};

describe('the folder build cache', () => {
  it('gives back what was put, also to another instance', async () => {
    const key = digestOf('key');
    expect(await createFolderBuildCache(folder).get(key)).toBeUndefined();
    await createFolderBuildCache(folder).put(key, build);
    expect(await createFolderBuildCache(folder).get(key)).toEqual(build);
    expect(await createFolderBuildCache(folder).get(digestOf('other'))).toBeUndefined();
  });

  it('counts a damaged entry as absent', async () => {
    const key = digestOf('key');
    const cache = createFolderBuildCache(folder);
    await cache.put(key, build);
    const [shard] = await readdir(folder);
    const [file] = await readdir(join(folder, shard as string));
    await writeFile(join(folder, shard as string, file as string), '{"buildId":');
    expect(await cache.get(key)).toBeUndefined();
  });

  it('refuses a key that is no digest', async () => {
    await expect(createFolderBuildCache(folder).get('../x')).rejects.toMatchObject({ code: 'artifact.corrupt' });
  });
});
