import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratch, gitPath, type Scratch } from './__fixtures__/scratch-repository.ts';
import { importPack } from './import-pack.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { setRef } from './set-ref.ts';

let scratch: Scratch;
let mirror: Mirror;

beforeEach(async () => {
  scratch = await createScratch();
  mirror = await openMirror({ dir: join(scratch.folder, 'mirror.git'), gitPath });
});
afterEach(() => scratch.remove());

describe('importPack and setRef', () => {
  it('take pushed objects, first all and then only what is new', async () => {
    const first = await scratch.commit('pushed', { 'a.txt': 'one', 'b.txt': 'kept' });
    await importPack(mirror, createReadStream(await scratch.pack('pushed', [first])));
    await setRef(mirror, 'refs/heads/main', first);
    expect(await mirror.resolve('main')).toBe(first);

    const second = await scratch.commit('pushed', { 'a.txt': 'two' });
    await importPack(mirror, createReadStream(await scratch.pack('pushed', [second, `^${first}`])));
    await setRef(mirror, 'refs/heads/main', second);
    expect(await mirror.resolve('main')).toBe(second);
    const tree = await mirror.readTree(second, '.');
    expect(tree.entries.map((entry) => entry.path)).toEqual(['a.txt', 'b.txt']);
  });

  it('take the same pack twice', async () => {
    const commit = await scratch.commit('pushed', { 'a.txt': 'one' });
    const pack = await readFile(await scratch.pack('pushed', [commit]));
    await Promise.all([importPack(mirror, Readable.from([pack])), importPack(mirror, Readable.from([pack]))]);
    expect(await mirror.has(commit)).toBe(true);
  });

  it.each<[string, (pack: Buffer) => Buffer, string]>([
    ['cut', (pack) => pack.subarray(0, pack.length - 30), 'source.refused'],
    [
      'changed',
      (pack) => Buffer.concat([pack.subarray(0, 40), Buffer.from([pack[40]! ^ 0xff]), pack.subarray(41)]),
      'source.refused',
    ],
    ['no pack at all', () => Buffer.from('no pack'), 'source.refused'],
  ])('refuse a pack that is %s, and keep nothing of it', async (_what, spoil, code) => {
    const commit = await scratch.commit('pushed', { 'a.txt': 'one' });
    const pack = spoil(await readFile(await scratch.pack('pushed', [commit])));
    await expect(importPack(mirror, Readable.from([pack]))).rejects.toMatchObject({ code });
    expect(await mirror.has(commit)).toBe(false);
    expect(await readdir(join(mirror.dir, 'incoming'))).toEqual([]);
    expect(await readdir(join(mirror.dir, 'objects/pack'))).toEqual([]);
  });

  it('refuse a pack whose objects refer to what nobody has', async () => {
    const first = await scratch.commit('pushed', { 'a.txt': 'one' });
    const second = await scratch.commit('pushed', { 'a.txt': 'two' });
    const partial = await scratch.pack('pushed', [second, `^${first}`]);
    await expect(importPack(mirror, createReadStream(partial))).rejects.toMatchObject({ code: 'source.refused' });
    expect(await mirror.has(second)).toBe(false);
  });

  it('refuse a pack above the limit', async () => {
    const commit = await scratch.commit('pushed', { 'a.txt': 'one' });
    const pack = createReadStream(await scratch.pack('pushed', [commit]));
    await expect(importPack(mirror, pack, { maxBytes: 50 })).rejects.toMatchObject({ code: 'source.too-large' });
  });

  it('refuse refs that are no full names, and commits that are not there', async () => {
    const commit = await scratch.commit('pushed', { 'a.txt': 'one' });
    await importPack(mirror, createReadStream(await scratch.pack('pushed', [commit])));
    for (const name of ['main', '--stdin', 'refs/heads/../x', 'refs/heads/a b']) {
      await expect(setRef(mirror, name, commit)).rejects.toMatchObject({ code: 'source.refused' });
    }
    await expect(setRef(mirror, 'refs/heads/main', 'f'.repeat(40))).rejects.toMatchObject({ code: 'source.not-found' });
    await expect(setRef(mirror, 'refs/heads/main', '--help')).rejects.toMatchObject({ code: 'source.not-found' });
  });
});
