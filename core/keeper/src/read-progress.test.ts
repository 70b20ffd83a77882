import { Readable } from 'node:stream';
import type { VolumeStore } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { readProgress } from './read-progress.ts';

const request = { resultPath: '/Volumes/main/x/results/req_1' };
const part = { key: 'EWR', attempt: 2 };
const folder = '/Volumes/main/x/results/req_1/parts/EWR/result-2/progress';

function volumeWith(files: number, text: (step: number) => string) {
  const asked: string[] = [];
  const stepOf = (path: string): number => Number(/^(\d{6})\.json$/.exec(path.slice(folder.length + 1))?.[1]);
  const volumes: VolumeStore = {
    async exists(path) {
      asked.push(path);
      return path.startsWith(`${folder}/`) && stepOf(path) <= files;
    },
    async read(path) {
      const bytes = Buffer.from(text(stepOf(path)));
      return { stream: Readable.from([bytes]), size: bytes.length };
    },
    write: () => Promise.reject(new Error('not used')),
    upload: () => Promise.reject(new Error('not used')),
    list: () => Promise.reject(new Error('not used')),
  };
  return { volumes, asked };
}

describe('readProgress', () => {
  it('asks once where there is no newer file, and goes on from the one that is known', async () => {
    const same = volumeWith(40, (step) => `{"percent": ${step}}`);
    expect(await readProgress(same.volumes, request, { ...part, after: 40 })).toBeUndefined();
    expect(same.asked).toHaveLength(1);
    const newer = volumeWith(45, (step) => `{"percent": ${step}}`);
    expect(await readProgress(newer.volumes, request, { ...part, after: 40 })).toEqual({ step: 45, percent: 45 });
  });

  it.each([1, 2, 3, 7, 8, 1_000, 999_999])('finds the newest of %i files with few calls', async (files) => {
    const { volumes, asked } = volumeWith(files, (step) => JSON.stringify({ percent: 40, message: `step ${step}` }));
    expect(await readProgress(volumes, request, part)).toEqual({ step: files, percent: 40, message: `step ${files}` });
    expect(asked.length).toBeLessThanOrEqual(42);
  });

  it('knows nothing of a driver that writes none', async () => {
    expect(await readProgress(volumeWith(0, () => '').volumes, request, part)).toBeUndefined();
    expect(await readProgress(volumeWith(9, () => '').volumes, { resultPath: undefined }, part)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['{"percent": 1e9, "message": 7}', { percent: 100 }],
    ['{"percent": -3}', { percent: 0 }],
    ['{"percent": "40"}', {}],
    ['[1]', {}],
    ['null', {}],
    ['{"percent": 4', {}],
    [`{"message": "${'x'.repeat(5_000)}"}`, {}],
    ['{"message": "a\\u001b[31mb\\nc\\u202ed"}', { message: 'a [31mb c d' }],
    [`{"message": "${'x'.repeat(1_000)}"}`, { message: 'x'.repeat(200) }],
  ])('takes from %s only what has the right form', async (text, expected) => {
    expect(await readProgress(volumeWith(1, () => text).volumes, request, part)).toEqual({ step: 1, ...expected });
  });
});
