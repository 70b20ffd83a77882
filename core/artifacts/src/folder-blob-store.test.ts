import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobStore, Digest } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, putBytes, putJson, readBlob, readJsonBlob } from './blob-bytes.ts';
import { createFolderBlobStore } from './folder-blob-store.ts';

const HELLO: Digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
let folder: string;
let store: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  store = createFolderBlobStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the folder blob store', () => {
  it('keeps bytes under the digest of exactly these bytes', async () => {
    expect(await store.has(HELLO)).toBe(false);
    expect(await store.put(Readable.from([Buffer.from('hel'), Buffer.from('lo')]))).toEqual({ digest: HELLO, size: 5 });
    expect(await store.has(HELLO)).toBe(true);
    const { stream, size } = await store.open(HELLO);
    expect(size).toBe(5);
    expect((await buffer(stream)).toString()).toBe('hello');
  });

  it('takes the same bytes from many writers at once', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => putBytes(store, 'hello')));
    expect(new Set(results.map((result) => result.digest))).toEqual(new Set([HELLO]));
    expect((await readBlob(store, HELLO)).toString()).toBe('hello');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('keeps nothing when the bytes are not the expected ones', async () => {
    await expect(store.put(Readable.from([Buffer.from('other')]), HELLO)).rejects.toMatchObject({
      code: 'artifact.corrupt',
    });
    expect(await store.has(HELLO)).toBe(false);
    expect(await store.has(digestOf('other'))).toBe(false);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('keeps nothing of a stream that breaks, and passes its error on', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('hel');
        throw new Error('pipe broke');
      })(),
    );
    await expect(store.put(broken)).rejects.toThrow('pipe broke');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('says so when stored bytes were changed, cut or removed', async () => {
    await putBytes(store, 'hello');
    const path = join(folder, 'sha256', '2c', HELLO.slice('sha256:2c'.length));
    await writeFile(path, 'jello');
    await expect(readBlob(store, HELLO)).rejects.toMatchObject({ code: 'artifact.corrupt' });
    await truncate(path, 2);
    await expect(readBlob(store, HELLO)).rejects.toMatchObject({ code: 'artifact.corrupt' });
    await rm(path);
    await expect(readBlob(store, HELLO)).rejects.toMatchObject({ code: 'artifact.corrupt' });
  });

  it.each(['', 'jello'])('heals a damaged blob (%j) when it is written again', async (damage) => {
    await putBytes(store, 'hello');
    await writeFile(join(folder, 'sha256', '2c', HELLO.slice('sha256:2c'.length)), damage);
    await putBytes(store, 'hello');
    expect((await readBlob(store, HELLO)).toString()).toBe('hello');
  });

  it.each(['sha256:short', '../../etc/passwd', 'sha256:../' + 'a'.repeat(61), ''])(
    'refuses %j as a name',
    async (name) => {
      await expect(store.open(name)).rejects.toMatchObject({ code: 'artifact.corrupt' });
      await expect(store.has(name)).rejects.toMatchObject({ code: 'artifact.corrupt' });
    },
  );

  it('gives equal values one blob, and reads them back', async () => {
    const { digest } = await putJson(store, { b: 1, a: [2] });
    expect((await putJson(store, { a: [2], b: 1 })).digest).toBe(digest);
    expect(await readJsonBlob(store, digest)).toEqual({ a: [2], b: 1 });
    await expect(readJsonBlob(store, (await putBytes(store, '{')).digest)).rejects.toMatchObject({
      code: 'artifact.corrupt',
    });
    await expect(readBlob(store, digest, 3)).rejects.toMatchObject({ code: 'artifact.corrupt' });
  });
});
