import type { GateList, SetGate } from '@slowlane/contracts';
import { expect, it } from 'vitest';
import { renderEvent } from '../render-event.ts';
import { createStyle } from '../style.ts';
import { waitLines } from '../wait-text.ts';
import { gateLs, gateSet } from './gate-limits.ts';

const budget: GateList['gates'][number] = {
  ...{ dimension: 'bud:acme', unit: 'micros', limit: 250_500_000, declared: 100_000_000 },
  byHand: { limit: 250_500_000, by: 'ana', reason: 'month end', at: 1 },
  ...{ inUse: 2_000_000, taken: 98_750_000, waiting: 3 },
};
const plain = { dimension: 'op:daily', limit: 2, declared: 2, inUse: 1, waiting: 0 };
const style = createStyle(false);

/** A service that keeps what it is told. */
async function set(dimension: string, limit: string) {
  const told: [string, SetGate][] = [];
  const client = () => ({
    async setGate(of: string, body: SetGate): Promise<GateList> {
      told.push([of, body]);
      return { gates: [budget, plain] };
    },
  });
  const answer = await gateSet.run({ args: [dimension, limit], options: {} }, { client } as never);
  return { told, lines: gateSet.render?.(answer, style) };
}

it('takes the limit of a budget as money, and shows it so', async () => {
  expect(await set('bud:acme', '250.50')).toEqual({
    told: [['bud:acme', { limit: 250_500_000, reason: 'by hand' }]],
    lines: ['bud:acme: 250.50 by ana: month end (declared: 100.00)'],
  });
  expect((await set('bud:acme', '0.29')).told[0]?.[1].limit).toBe(290_000);
  expect((await set('bud:acme', '999999999.99')).told[0]?.[1].limit).toBe(999_999_999_990_000);
});

it('takes all other limits as whole numbers', async () => {
  expect((await set('op:daily', '3')).told).toEqual([['op:daily', { limit: 3, reason: 'by hand' }]]);
  await expect(set('op:daily', '2.50')).rejects.toMatchObject({ code: 'cli.usage' });
});

it.each(['250,50', '250.505', '-1', '', '1e3', '9999999999'])('refuses %j as an amount of money', async (limit) => {
  await expect(set('bud:acme', limit)).rejects.toThrow('must be an amount such as 250 or 250.50');
});

it('lists a budget with what is spent and reserved of it', () => {
  const lines = (gateLs.render?.({ gates: [budget, plain] }, style) ?? []).map((line) => line.split(/\s{2,}/));
  expect(lines).toContainEqual(['bud:acme', '250.50', '100.75', '3', 'by ana: month end (declared: 100.00)']);
  expect(lines.map((line) => line.slice(0, 4))).toContainEqual(['op:daily', '2', '1', '0']);
});

it('explains a wait for money in the currency', () => {
  const wait = {
    dimension: 'bud:acme',
    unit: 'micros' as const,
    limit: 250_500_000,
    inUse: 2_000_000,
    taken: 248_400_000,
  };
  const holders = [{ part: 'req_A-0', request: 'req_A', weight: 2_000_000, grantedAt: 0 }];
  expect(waitLines({ ...wait, weight: 1_200_000, parkedAt: 0, holders })).toEqual([
    'waits for bud:acme: 2.00 of 250.50 in use, 248.40 spent, it needs 1.20',
    'held by req_A-0, 2.00, since 1970-01-01T00:00:00.000Z',
  ]);
});

it('tells of a budget that was changed in the currency', () => {
  const event = { id: '1-0', type: 'gate.limit' as const, at: 0, correlationId: 'cor_A', subject: {} };
  const lines = [
    renderEvent({ ...event, data: { dimension: 'bud:acme', limit: 250_500_000, by: 'ana', reason: 'x' } }, style),
    renderEvent({ ...event, data: { dimension: 'bud:acme', limit: null, by: 'ana', reason: 'reset' } }, style),
    renderEvent({ ...event, data: { dimension: 'op:daily', limit: 3, by: 'ana', reason: 'x' } }, style),
  ];
  expect(lines.map((line) => line.replace(/^.*limit of/, ''))).toEqual([
    ' bud:acme set to 250.50 by ana: x',
    ' bud:acme set to  by ana: reset',
    ' op:daily set to 3 by ana: x',
  ]);
});
