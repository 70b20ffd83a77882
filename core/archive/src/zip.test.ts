import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeZip, type RawZipEntry } from './__fixtures__/make-zip.ts';
import { readZipEntry, readZipIndex, zipLimits } from './zip.ts';

describe('readZipIndex', () => {
  it('lists and reads entries, from memory and from a file', async () => {
    const zip = makeZip([{ path: 'META-INF/' }, { path: 'META-INF/x.txt', content: 'hello' }, { path: 'empty' }]);
    const folder = await mkdtemp(join(tmpdir(), 'zip-'));
    try {
      const path = join(folder, 'a.zip');
      await writeFile(path, zip);
      for (const source of [zip, path]) {
        const index = await readZipIndex(source);
        expect(index.entries.map((entry) => [entry.path, entry.size])).toEqual([
          ['META-INF/x.txt', 5],
          ['empty', 0],
        ]);
        expect((await readZipEntry(index, 'META-INF/x.txt', 100)).toString()).toBe('hello');
        expect((await readZipEntry(index, 'empty', 100)).length).toBe(0);
        await index.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives a large entry piece by piece, and breaks off when it is not of the size that the directory states', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
    const zip = makeZip([
      { path: 'large', content },
      { path: 'lying', content, size: 1_000 },
    ]);
    const index = await readZipIndex(zip);
    const pieces: Buffer[] = [];
    for await (const piece of await index.open('large')) pieces.push(piece as Buffer);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
    await expect((await index.open('lying')).toArray()).rejects.toThrow(/too many bytes/);
    await expect(index.open('absent')).rejects.toMatchObject({ code: 'archive.refused' });
    await index.close();
  });

  it('accepts names that differ only by case: JARs hold LICENSE beside license/', async () => {
    const index = await readZipIndex(makeZip([{ path: 'META-INF/LICENSE' }, { path: 'META-INF/license/a' }]));
    expect(index.entries).toHaveLength(2);
  });

  it.each<[string, RawZipEntry[], RegExp]>([
    ['a link', [{ path: 'a', mode: 0o120777, content: '/etc/passwd' }], /links and special files/],
    ['a device', [{ path: 'a', mode: 0o020666 }], /links and special files/],
    ['a path out of the archive', [{ path: '../a' }], /\.\./],
    ['an absolute path', [{ path: '/a' }], /absolute path/],
    ['a backslash', [{ path: 'a\\b' }], /invalid characters/],
    ['a control character', [{ path: 'a\u0007' }], /control character/],
    ['duplicate names', [{ path: 'a.class' }, { path: 'a.class' }], /twice/],
    ['a bomb', [{ path: 'zeros', content: Buffer.alloc(8 * 1024 * 1024) }], /200 times/],
  ])('refuses %s', async (_what, entries, reason) => {
    await expect(readZipIndex(makeZip(entries))).rejects.toMatchObject({
      code: 'archive.refused',
      message: expect.stringMatching(reason),
    });
  });

  it('refuses more entries or bytes than allowed', async () => {
    const zip = makeZip([
      { path: 'a', content: 'xx' },
      { path: 'b', content: 'yy' },
    ]);
    await expect(readZipIndex(zip, { ...zipLimits, maxEntries: 1 })).rejects.toThrow(/more than 1 entries/);
    await expect(readZipIndex(zip, { ...zipLimits, maxBytes: 3 })).rejects.toThrow(/larger than 3 bytes/);
  });

  it('refuses an entry that unpacks to more than its directory states', async () => {
    const index = await readZipIndex(makeZip([{ path: 'a', content: 'x'.repeat(1000), size: 10 }]));
    await expect(index.read('a', 100)).rejects.toMatchObject({ code: 'archive.refused' });
  });

  it('refuses an entry above the size asked for, and one that is not there', async () => {
    const index = await readZipIndex(makeZip([{ path: 'a', content: 'xxxx' }]));
    await expect(index.read('a', 3)).rejects.toThrow(/larger than 3 bytes/);
    await expect(index.read('b', 3)).rejects.toThrow(/not in the archive/);
  });

  it('refuses what is no zip', async () => {
    await expect(readZipIndex(Buffer.from('PK nothing of the kind'))).rejects.toMatchObject({
      code: 'archive.refused',
    });
    await expect(readZipIndex(Buffer.alloc(0))).rejects.toMatchObject({ code: 'archive.refused' });
  });
});
