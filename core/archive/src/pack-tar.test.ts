import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractTar } from './extract-tar.ts';
import { archiveLimits } from './limits.ts';
import { packFolder } from './pack-folder.ts';
import { packTar, type TarInput } from './pack-tar.ts';
import { readTarGz } from './read-tar.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entries: TarInput[] = [
  { path: 'b.sh', kind: 'file', size: 3, executable: true, content: () => Buffer.from('run') },
  {
    path: `${'long/'.repeat(50)}ü.txt`,
    kind: 'file',
    size: 600,
    content: () => Readable.from([Buffer.alloc(600, 'x')]),
  },
  { path: 'a', kind: 'folder' },
];

describe('packTar', () => {
  it('writes the same bytes whatever the order of the entries', async () => {
    const one = await buffer(packTar(entries));
    const other = await buffer(packTar([...entries].reverse()));
    expect(one.equals(other)).toBe(true);
    expect(one.length % 512).toBe(0);
  });

  it.each([false, true])('can be read back (gzip: %s)', async (gzip) => {
    const found: [string, string, number, number][] = [];
    await readTarGz(packTar(entries, { gzip }), archiveLimits, async (entry) => {
      found.push([entry.path, entry.kind, entry.mode, entry.size]);
    });
    expect(found).toEqual([
      ['a', 'folder', 0o755, 0],
      ['b.sh', 'file', 0o755, 3],
      [`${'long/'.repeat(50)}ü.txt`, 'file', 0o644, 600],
    ]);
  });

  it('fails when a content does not have the size it was announced with', async () => {
    const grown: TarInput = { path: 'a', kind: 'file', size: 2, content: () => Buffer.from('abc') };
    await expect(buffer(packTar([grown]))).rejects.toMatchObject({ code: 'archive.refused' });
    await expect(buffer(packTar([{ ...grown, size: 9 }]))).rejects.toMatchObject({ code: 'archive.refused' });
  });
});

describe('packFolder and extractTar', () => {
  it('packs what the filter takes, reports links, and gives the files back', async () => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'src', 'deep'), { recursive: true });
    await mkdir(join(source, 'target'));
    await writeFile(join(source, 'src', 'deep', 'a.txt'), 'hello');
    await writeFile(join(source, 'run.sh'), '#!/bin/sh', { mode: 0o755 });
    await writeFile(join(source, 'target', 'big'), 'no');
    await symlink('/etc/passwd', join(source, 'link'));
    const skipped: string[] = [];
    const packed = await packFolder(source, (path) => path !== 'target', {
      onSkipped: (path, why) => skipped.push(`${path}: ${why}`),
    });
    expect(packed.bytes).toBe(14);
    expect(skipped).toEqual(['link: symbolic link']);

    const out = join(folder, 'out');
    expect(await extractTar(packed.stream, out, archiveLimits)).toEqual({ entries: 4, bytes: 14 });
    expect(await readFile(join(out, 'src/deep/a.txt'), 'utf8')).toBe('hello');
    await expect(readFile(join(out, 'target', 'big'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('extracts into empty folders only', async () => {
    await writeFile(join(folder, 'there'), '');
    await expect(extractTar(packTar([]), folder, archiveLimits)).rejects.toMatchObject({ code: 'archive.refused' });
  });

  it('says when the folder to pack is not there', async () => {
    await expect(packFolder(join(folder, 'nowhere'), () => true)).rejects.toMatchObject({ code: 'source.not-found' });
  });
});
