import { redisForFile } from '@slowlane/testkit';
import fc from 'fast-check';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Mutation, play, scriptsWithClock, steps } from '../__fixtures__/gate-game.ts';

// What is tested are decisions, not the disk.
const server = redisForFile({ beforeAll, afterAll }, { appendfsync: 'no' });

function variant(name: string, mutations: readonly Mutation[] = []): () => Parameters<typeof play>[1] {
  const folder = scriptsWithClock(join(server.redis.dir, name), mutations);
  return () => ({ url: server.redis.url, prefix: server.nextPrefix(), folder });
}

const mutants: Record<string, Mutation> = {
  'forgets to mark a dimension as free': ['gate', '    if someoneIsBlocked then markDirty(dimension) end\n', ''],
  'lets a part be released twice': [
    'release',
    "if part.state ~= 'granted' and",
    "if false and part.state ~= 'granted' and",
  ],
  'is last in, first out': ['gate', 'nextArrival() - tonumber(headStartUs)', '1e16 - nextArrival()'],
  'trusts a window until somebody says that it is over': [
    'room',
    'if ends[index] and at',
    'if false and ends[index] and at',
  ],
  'does not look at its windows': [
    'closures',
    "if redis.call('EXISTS', key('gate:closed:' .. dimension)) == 1 then limit = 0 end",
    '',
  ],
  'frees the slot when a lease ends': [
    'reap',
    "  trigger('submit', id, 0, true)\n",
    "  freeSlot(id, partOf(id))\n  trigger('submit', id, 0, true)\n",
  ],
  'grants what comes without a look at its room': ['gate', 'return not blockerOf(class) and', 'return true or'],
  'forgets a quota when its run ends': ['gate', 'if not periodOf(claim.dimension) then', 'if true then'],
  'lets a part start before its time': ['park', 'tonumber(notBefore) > now()', 'false'],
};

/** What each of them is found out by: a mutant that fails for another reason proves nothing. */
const complaints: Record<keyof typeof mutants, string> = {
  'forgets to mark a dimension as free': 'lost wake-up',
  'lets a part be released twice': 'an ended part was released again',
  'is last in, first out': 'order within a class',
  'trusts a window until somebody says that it is over': 'granted over the limit of res:erp',
  'does not look at its windows': 'granted over the limit',
  'frees the slot when a lease ends': 'use of ',
  'grants what comes without a look at its room': 'granted over the limit',
  'forgets a quota when its run ends': 'use of quota:w:runs-per-hour',
  'lets a part start before its time': 'which is later',
};

describe('the gate, whatever happens in whatever order', () => {
  it('counts right, never passes a limit, keeps order, loses no wake-up, and ends everything', async () => {
    const next = variant('right');
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(sequence, next())),
      { numRuns: 120, endOnFailure: true },
    );
  });

  it('still ends everything when heavy parts hold what they wait for', async () => {
    const next = variant('impatient');
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(sequence, { ...next(), impatient: true })),
      { numRuns: 80, endOnFailure: true },
    );
  });

  it('comes to the same where cancels, deadlines and retries take one part at a time', async () => {
    const next = variant('step by step', [['walk', 'PARTS_PER_STEP = 500', 'PARTS_PER_STEP = 1']]);
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(sequence, next())),
      { numRuns: 80, endOnFailure: true },
    );
  });

  it.each(Object.entries(mutants))('is tested sharply enough: a gate that %s is found out', async (name, mutation) => {
    const next = variant(name, [mutation]);
    const verdict = await fc.check(
      fc.asyncProperty(steps, (sequence) => play(sequence, next())),
      // The same sequences each time: which complaint of a mutant comes first depends on them, and it is to be the one that names its fault.
      { numRuns: 300, endOnFailure: true, seed: 1 },
    );
    expect(String(verdict.errorInstance)).toContain(complaints[name]);
  });
});
