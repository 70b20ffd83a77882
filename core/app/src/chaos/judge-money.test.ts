import type { EventType, SlowLaneEvent } from '@slowlane/contracts';
import { expect, it } from 'vitest';
import { judgeMoney } from './judge-money.ts';
import type { Asked } from './load.ts';
import { budget, budgetDimension, operations } from './operations.ts';
import type { System } from './system.ts';

const id = 'req_01J0000000000000000000000A';
const asked: Asked = {
  ...{ key: 'k0', operation: operations[0] as Asked['operation'], tenant: budget.tenant, ids: new Set([id]) },
  ...{ refused: undefined, cancelled: false, hasDeadline: false },
};

function event(type: EventType, data: SlowLaneEvent['data'], part?: string): SlowLaneEvent {
  const subject = { request: id, ...(part === undefined ? {} : { part }) };
  return { id: '1-0', type, at: 1, correlationId: 'cor_A', subject, data };
}

/** Two parts that cost 30 and 12, as they stand in the stream; what gate and ledger say is the test's. */
const story = [
  event('request.mediated', { claim: { '*': 1, [budgetDimension]: 5 } }),
  event('part.granted', {}, `${id}-0`),
  event('part.ended', { costMicros: 30 }, `${id}-0`),
  event('gate.limit', { dimension: budgetDimension, limit: 0 }),
  event('gate.limit', { dimension: budgetDimension, limit: null }),
  event('part.granted', {}, `${id}-1`),
  event('part.ended', { costMicros: 12 }, `${id}-1`),
];

async function found(events: SlowLaneEvent[], { taken = 42, kept = 42 } = {}): Promise<string[]> {
  const system = {
    queue: { gate: { list: async () => [{ dimension: budgetDimension, taken }] } },
    ledger: { history: { request: async () => ({ costMicros: kept }) } },
  } as unknown as System;
  return (await judgeMoney(system, { acknowledged: new Map([[id, asked]]), events })).found;
}

it('finds nothing where gate, stream and ledger agree, also over the end of a month', async () => {
  expect(await found(story)).toEqual([]);
  const turned = [...story, event('gate.month', { dimension: budgetDimension, spent: 40 })];
  expect(await found(turned, { taken: 2 })).toEqual([]);
});

it('finds what each of them has counted wrong', async () => {
  expect(await found(story, { taken: 41 })).toEqual(['the budget has booked 41, the parts have cost 42']);
  expect(await found(story, { kept: 30 })).toEqual(['the ledger has 30, the parts have cost 42']);
});

it('finds a request without the claim, and a part that was let through when nothing was left', async () => {
  const free = [event('request.mediated', { claim: { '*': 1 } }), ...story.slice(1)];
  expect(await found(free)).toEqual([`${id} does not claim ${budgetDimension}`]);
  const beyond = story.filter(({ data }) => data['limit'] !== null);
  expect(await found(beyond)).toEqual([`${id}-1 was granted beyond ${budgetDimension}`]);
});
