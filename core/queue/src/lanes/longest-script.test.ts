import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeOn } from '../__fixtures__/dying-store.ts';
import { parkRequest } from '../__fixtures__/parked-request.ts';
import { applyChanges } from '../gate/gate-clock.ts';
import { createPump } from '../gate/pump.ts';
import { openQueue } from '../index.ts';
import type { ScriptName } from '../redis/scripts.ts';
import type { Store } from '../redis/store.ts';
import { createRequestLane } from './request-lane.ts';

const server = redisForFile({ beforeAll, afterAll });

type Longest = Map<ScriptName, number>;

/** The store, with the most commands that Redis has counted within one script, by script. */
function counting(store: Store, raw: Redis): { store: Store; longest: Longest } {
  const longest: Longest = new Map();
  const run: Store['run'] = async (name, ...args) => {
    await raw.config('RESETSTAT');
    const answer = await store.run(name, ...args);
    const stats = await raw.info('commandstats');
    const counted = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].filter(
      ([, of]) => !/^(info|config)/.test(of ?? ''),
    );
    const commands = counted.reduce((sum, [, , calls]) => sum + Number(calls), 0);
    longest.set(name, Math.max(longest.get(name) ?? 0, commands));
    return answer;
  };
  return { store: { ...store, run }, longest };
}

/** A request of so many parts is cancelled, run again and late, where all of them have room at the gate, or none. */
async function livesOf(parts: number, limit: number): Promise<Longest> {
  const prefix = server.nextPrefix();
  const queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  const raw = new Redis(server.redis.url, { protocol: 2 });
  const plain = storeOn(raw, prefix);
  const { store, longest } = counting(plain, raw);
  const pump = createPump(store);
  const lane = createRequestLane({ store, pump, ageingStepMs: 60_000, maxUnarchived: 1e6, prices: {} });
  try {
    await queue.gate.declare({ '*': 2 * parts, 'op:daily': limit });
    const id = await parkRequest(queue, parts, 1);
    await lane.cancel(id, 'ana');
    // The client has heard of the end.
    await raw.hdel(`{${prefix}}:triggers`, `notify:${id}`, `finish:${id}`);
    await lane.retryFailed(id, 'ana');
    expect((await queue.requests.tallyParts(id)).states).toEqual({ [limit === 0 ? 'parked' : 'granted']: parts });
    await raw.zadd(`{${prefix}}:gate:changes`, 1, `deadline|${id}`);
    await applyChanges({ store, pump });
    expect((await queue.requests.tallyParts(id)).states).toEqual({ failed: parts });
    return longest;
  } finally {
    plain.close();
    raw.disconnect();
    await queue.close();
  }
}

describe('no script, counted in commands by Redis itself,', () => {
  it.each([
    ['none', 0],
    ['all', 20_000],
  ])('does more for 10,000 parts than for 1,200, where %s of them have room', async (_, limit) => {
    const [small, large] = [await livesOf(1_200, limit), await livesOf(10_000, limit)];
    expect([...large.keys()]).toEqual(expect.arrayContaining(['cancel-request', 'retry-failed', 'walk-on']));
    for (const [name, commands] of large) expect(commands, name).toBeLessThan(1.1 * (small.get(name) ?? 0));
    const step = large.get('walk-on') ?? 0;
    expect(step, 'the count sees what a script does').toBeGreaterThan(500);
    // It commits to the retry, whose parts are taken up by the steps that follow.
    expect(large.get('retry-failed')).toBeLessThan(step / 3);
  });
});
