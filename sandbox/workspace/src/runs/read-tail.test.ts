import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTail } from './read-tail.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-tail-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the tail of a file', () => {
  it('is its last bytes, without half a character', async () => {
    await writeFile(join(folder, 'log'), 'aä€x');
    expect(await readTail(join(folder, 'log'), 100)).toEqual({ text: 'aä€x', cut: false });
    expect(await readTail(join(folder, 'log'), 3)).toEqual({ text: 'x', cut: true });
    expect(await readTail(join(folder, 'log'), 4)).toEqual({ text: '€x', cut: true });
  });

  it('is empty for a file that is not there', async () => {
    expect(await readTail(join(folder, 'none'), 10)).toEqual({ text: '', cut: false });
  });
});
