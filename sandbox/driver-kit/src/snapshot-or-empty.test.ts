import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { snapshotOrEmpty } from './snapshot-or-empty.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'slowlane-snapshots-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('takes the copy, and begins empty when it was removed in between', async () => {
  const image = join(folder, 'a.img');
  const make = async (from: string | undefined): Promise<string> => {
    if (from === undefined) return 'empty';
    await copyFile(from, join(folder, 'volume.img'));
    return 'copy';
  };
  expect(await snapshotOrEmpty(image, make)).toBe('empty');
  writeFileSync(image, 'x');
  expect(await snapshotOrEmpty(image, make)).toBe('copy');
  expect(await snapshotOrEmpty(undefined, make)).toBe('empty');
});

it('lets any other failure through', async () => {
  const image = join(folder, 'a.img');
  writeFileSync(image, 'x');
  await expect(snapshotOrEmpty(image, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
});
