import { type Json, MediateSpec, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { enrich } from './enrich.ts';
import { createExpressionEvaluator } from './expression-evaluator.ts';
import { createLookups } from './lookups.ts';
import { createMemoryVolume } from './memory-volume.ts';

const evaluator = createExpressionEvaluator();
afterAll(() => evaluator.close());
const path = '/Volumes/main/ref/tables/regions.csv';

function fixture(answer: (url: string) => { status: number; json: Json | undefined } | SlowLaneError) {
  const clock = { at: 0 };
  const asked: string[] = [];
  const memory = createMemoryVolume({ [path]: 'region,currency\nEU,EUR\nUS,USD\nEU,second\n7,seven\n' });
  let reads = 0;
  const volumes: VolumeStore = { ...memory, read: (file) => (reads++, memory.read(file)) };
  const lookups = createLookups({
    now: () => clock.at,
    http: {
      async get(url) {
        asked.push(url);
        const found = answer(url);
        if (found instanceof SlowLaneError) throw found;
        return found;
      },
    },
  });
  const run = (step: object, body: Record<string, Json>, workspace = 'local') =>
    enrich(body, MediateSpec.parse({ enrich: { found: step } }).enrich, {
      evaluator,
      lookups,
      place: { workspace, volumes },
    });
  return { run, clock, asked, reads: () => reads, memory };
}

const nothing = () => ({ status: 404, json: undefined });
const table = { table: path, by: 'region', key: 'region', value: 'currency' };

describe('a look-up in a table', () => {
  it('gives the column of the first row with the key, or the whole row', async () => {
    const { run } = fixture(nothing);
    expect(await run(table, { region: 'EU' })).toEqual({ region: 'EU', found: 'EUR' });
    const { value: _value, ...row } = table;
    expect(await run(row, { region: 'US' })).toMatchObject({ found: { region: 'US', currency: 'USD' } });
  });

  it('compares as text, as a file of text must', async () => {
    expect(await fixture(nothing).run(table, { region: 7 })).toMatchObject({ found: 'seven' });
  });

  it('reads the table once until its time is over, and once per workspace', async () => {
    const { run, clock, reads, memory } = fixture(nothing);
    await Promise.all([run(table, { region: 'EU' }), run(table, { region: 'US' }), run(table, { region: 'EU' })]);
    expect(reads()).toBe(1);
    memory.files.set(path, Buffer.from('region,currency\nEU,new\n'));
    clock.at = 299_999;
    expect(await run(table, { region: 'EU' })).toMatchObject({ found: 'EUR' });
    clock.at = 300_001;
    expect(await run(table, { region: 'EU' })).toMatchObject({ found: 'new' });
    await run(table, { region: 'EU' }, 'other');
    expect(reads()).toBe(3);
  });

  it('fails for a key that is nowhere, naming both, unless the step may be passed over', async () => {
    const { run } = fixture(nothing);
    await expect(run(table, { region: 'XX' })).rejects.toMatchObject({
      code: 'mediate.failed',
      message: `operation.mediate.enrich.found: "${path}" has no region "XX"`,
    });
    await expect(run(table, {})).rejects.toThrow('its key has no value');
    expect(await run({ ...table, missing: 'skip' }, { region: 'XX' })).toEqual({ region: 'XX' });
  });

  it('does not take a member of every object for a row', async () => {
    await expect(fixture(nothing).run(table, { region: '__proto__' })).rejects.toMatchObject({
      code: 'mediate.failed',
    });
    await expect(fixture(nothing).run(table, { region: 'constructor' })).rejects.toMatchObject({
      code: 'mediate.failed',
    });
  });

  it('names a column that is not there', async () => {
    await expect(fixture(nothing).run({ ...table, by: 'country' }, { region: 'EU' })).rejects.toThrow(
      'has no column "country"',
    );
  });
});

describe('a look-up over HTTP', () => {
  const http = { http: 'https://rates.example/v1/{key}?x=1', key: 'region', value: 'rate' };

  it('puts the key into the address, encoded, and takes what the expression says', async () => {
    const { run, asked } = fixture(() => ({ status: 200, json: { rate: 1.5 } }));
    expect(await run(http, { region: 'a/../b?c' })).toMatchObject({ found: 1.5 });
    expect(asked).toEqual(['https://rates.example/v1/a%2F..%2Fb%3Fc?x=1']);
  });

  it('keeps an answer for its time, a missing one too', async () => {
    const { run, asked, clock } = fixture((url) =>
      url.includes('XX') ? nothing() : { status: 200, json: { rate: 1 } },
    );
    for (let time = 0; time < 3; time++) await run({ ...http, ttl: '1m', missing: 'skip' }, { region: 'XX' });
    for (let time = 0; time < 3; time++) await run({ ...http, ttl: '1m' }, { region: 'EU' });
    expect(asked).toHaveLength(2);
    clock.at = 60_001;
    await run({ ...http, ttl: '1m' }, { region: 'EU' });
    expect(asked).toHaveLength(3);
  });

  it.each([
    [503, 'mediate.lookup-unavailable', 'temporary'],
    [429, 'mediate.lookup-unavailable', 'temporary'],
    [400, 'mediate.failed', 'user'],
    [302, 'mediate.failed', 'user'],
  ])('takes the answer %i for %s', async (status, code, kind) => {
    const { run } = fixture(() => ({ status, json: {} }));
    await expect(run(http, { region: 'EU' })).rejects.toMatchObject({ code, kind });
  });

  it('spares a service that is down, and tries it once after a pause', async () => {
    const down = new SlowLaneError('mediate.lookup-unavailable', 'https://rates.example did not answer in time');
    let isDown = true;
    const { run, asked, clock } = fixture(() => (isDown ? down : { status: 200, json: { rate: 2 } }));
    for (let time = 0; time < 20; time++)
      await expect(run(http, { region: `r${time}` })).rejects.toMatchObject({ kind: 'temporary' });
    expect(asked).toHaveLength(5);
    clock.at += 15_001;
    await expect(run(http, { region: 'a' })).rejects.toMatchObject({ kind: 'temporary' });
    await expect(run(http, { region: 'b' })).rejects.toThrow('is not asked for another 15 s');
    expect(asked).toHaveLength(6);
    isDown = false;
    clock.at += 15_001;
    expect(await run(http, { region: 'c' })).toMatchObject({ found: 2 });
    expect(await run(http, { region: 'd' })).toMatchObject({ found: 2 });
  });
});
