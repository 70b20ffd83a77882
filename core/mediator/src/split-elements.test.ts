import { type JsonObject, MediateSpec } from '@slowlane/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { createExpressionEvaluator } from './expression-evaluator.ts';
import { createMemoryVolume } from './memory-volume.ts';
import { splitElements } from './split-elements.ts';

const evaluator = createExpressionEvaluator();
afterAll(() => evaluator.close());
const folder = '/Volumes/main/ref/tables';
const volumes = createMemoryVolume({
  [`${folder}/regions.csv`]: '\uFEFFregion,name\r\nEU,"Europe, all"\r\nUS,America\r\n',
  [`${folder}/list.json`]: '["a", 2, {"key": "c"}]',
  [`${folder}/lines.jsonl`]: '{"id": 1}\n\n{"id": 2}\n',
  [`${folder}/object.json`]: '{"a": 1}',
  [`${folder}/broken.csv`]: 'a,b\n1\n',
});

const elements = (split: object, body: JsonObject = {}) =>
  splitElements(body, MediateSpec.parse({ split }).split!, { evaluator, volumes });

describe('splitElements', () => {
  it.each([
    [{ from: 1, to: 4 }, [1, 2, 3, 4]],
    [{ from: 10, to: 4, step: -3 }, [10, 7, 4]],
    [{ from: 0, to: 0.3, step: 0.1 }, [0, 0.1, 0.2, 0.3]],
    [{ from: 5, to: 5 }, [5]],
    [{ from: '2024-02-27', to: '2024-03-01' }, ['2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01']],
    [{ from: '2024-01-31', to: '2024-04-30', step: 'month' }, ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30']],
    [{ from: '2024-01-01', to: '2024-01-20', step: 'week' }, ['2024-01-01', '2024-01-08', '2024-01-15']],
    [{ from: '2024-02-29', to: '2026-03-01', step: 'year' }, ['2024-02-29', '2025-02-28', '2026-02-28']],
    [{ from: 'first', to: 'last' }, [2, 3]],
    [{ from: 'since', to: '2024-05-02' }, ['2024-05-01', '2024-05-02']],
  ])('of the range %j are %j', async (range, expected) => {
    expect(await elements({ range }, { first: 2, last: 3, since: '2024-05-01' })).toEqual(expected);
  });

  it.each([
    [{ from: 1, to: 10, step: 0 }, 'the step is 0'],
    [{ from: 1, to: 10, step: -1 }, 'never comes to its end'],
    [{ from: '2024-01-01', to: '2023-01-01' }, 'never comes to its end'],
    [{ from: 0, to: 1e9 }, 'more than 100000 elements'],
    [{ from: '0001-01-01', to: '9999-12-31' }, 'more than 100000 elements'],
    [{ from: 1, to: '2024-01-01' }, 'both must be numbers, or both dates'],
    [{ from: 1, to: 3, step: 'month' }, 'the step "month" is for dates'],
    [{ from: '2024-01-01', to: '2024-01-05', step: 1.5 }, 'not a whole number'],
    [{ from: 'nothing', to: 3 }, 'split.range.from: gave missing'],
  ])('of the range %j are refused: %s', async (range, words) => {
    await expect(elements({ range })).rejects.toMatchObject({
      code: 'mediate.failed',
      message: expect.stringContaining(words) as string,
    });
  });

  it.each([
    [
      { path: `${folder}/regions.csv` },
      [
        { region: 'EU', name: 'Europe, all' },
        { region: 'US', name: 'America' },
      ],
    ],
    [{ path: `${folder}/regions.csv`, column: 'region' }, ['EU', 'US']],
    [{ path: `${folder}/list.json` }, ['a', 2, { key: 'c' }]],
    [{ path: `${folder}/lines.jsonl`, column: 'id' }, [1, 2]],
  ])('come from the file %j', async (file, expected) => {
    expect(await elements({ file })).toEqual(expected);
  });

  it.each([
    [`${folder}/none.csv`, 'there is no file'],
    [`${folder}/object.json`, 'it is not a JSON list'],
    [`${folder}/broken.csv`, 'cannot be read'],
    [`${folder}/../../../etc/x.csv`, 'walks out of its folder'],
  ])('name the file that cannot be used: %s', async (path, words) => {
    await expect(elements({ file: { path } })).rejects.toMatchObject({
      code: 'mediate.failed',
      message: expect.stringContaining(words) as string,
    });
  });

  it('come from an expression, of which one value is a list of one', async () => {
    const body = { rows: [{ n: 1 }, { n: 2 }, { n: 3 }] };
    expect(await elements({ expression: 'rows[n > 1].n' }, body)).toEqual([2, 3]);
    expect(await elements({ expression: 'rows[n > 2].n' }, body)).toEqual([3]);
    expect(await elements({ expression: 'rows[n > 3].n' }, body)).toEqual([]);
  });

  it('have exactly one source', () => {
    expect(MediateSpec.safeParse({ split: { by: 'a', expression: 'b' } }).success).toBe(false);
    expect(MediateSpec.safeParse({ split: { as: 'a' } }).success).toBe(false);
  });
});
