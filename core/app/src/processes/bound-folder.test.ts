import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundFolder } from './bound-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-bound-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, bytes: number, writtenAt: number): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), Buffer.alloc(bytes));
  await utimes(join(folder, name), writtenAt, writtenAt);
}

async function names(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

describe('a bounded folder', () => {
  it('loses its oldest files and no others', async () => {
    await put('sha256/aa/old', 50, 1_000);
    await put('sha256/bb/middle', 40, 2_000);
    await put('sha256/aa/new', 50, 3_000);
    expect(await boundFolder(folder, 100)).toBe(50);
    expect(await names()).toEqual(['middle', 'new']);
    expect(await boundFolder(folder, 100)).toBe(0);
    expect(await boundFolder(folder, 0)).toBe(90);
    expect(await names()).toEqual([]);
  });

  it('keeps no small old file where a newer one had to go', async () => {
    await put('small', 1, 1_000);
    await put('large', 200, 2_000);
    await boundFolder(folder, 100);
    expect(await names()).toEqual([]);
  });

  it('need not be there', async () => {
    expect(await boundFolder(join(folder, 'none'), 10)).toBe(0);
  });
});
