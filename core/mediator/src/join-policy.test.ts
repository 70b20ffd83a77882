import { type JoinPolicy, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { failureUnderPolicy, missingParts, neededOf } from './join-policy.ts';

const parts = (...states: PartRecord['state'][]): PartRecord[] =>
  states.map((state, index) => ({
    id: `req_1-${index}`,
    requestId: 'req_1',
    index,
    key: `k${index}`,
    document: {},
    state,
    attempt: 1,
    token: undefined,
    runId: undefined,
    runPageUrl: undefined,
    parkedAt: 0,
    grantedAt: 1,
    submittedAt: 2,
    endedAt: 3 + index,
    failure: state === 'succeeded' ? undefined : new SlowLaneError('run.failed', 'exit code 1').toFailure(),
    waiting: undefined,
    cancelRequested: false,
    log: undefined,
  }));

describe('the join policy', () => {
  it.each<[JoinPolicy, PartRecord['state'][], string | undefined]>([
    ['all-or-nothing', ['succeeded', 'succeeded'], undefined],
    ['all-or-nothing', ['succeeded', 'failed'], 'run.failed'],
    ['best-effort', ['failed', 'timed-out', 'succeeded'], undefined],
    ['best-effort', ['failed', 'failed'], 'join.too-few'],
    [{ quorum: 2 }, ['succeeded', 'failed', 'succeeded'], undefined],
    [{ quorum: 2 }, ['succeeded', 'failed', 'failed'], 'join.too-few'],
    [{ quorum: 5 }, ['succeeded', 'succeeded'], undefined],
    [{ quorum: '60%' }, ['succeeded', 'succeeded', 'succeeded', 'failed', 'failed'], undefined],
    [{ quorum: '61%' }, ['succeeded', 'succeeded', 'succeeded', 'failed', 'failed'], 'join.too-few'],
    [{ quorum: '1%' }, ['failed', 'failed'], 'join.too-few'],
  ])('%j with %j gives %s', (policy, states, code) => {
    expect(failureUnderPolicy(parts(...states), policy)?.code).toBe(code);
  });

  it('says how many are too few, and why the first failed', () => {
    expect(failureUnderPolicy(parts('succeeded', 'failed', 'failed'), { quorum: '67%' })?.message).toBe(
      '1 of 3 parts succeeded, the join policy asks for 3. 2 of 3 parts failed. part "k1": exit code 1',
    );
    expect(neededOf({ quorum: '67%' }, 3)).toBe(3);
  });

  it('names each missing part with its reason', () => {
    expect(missingParts(parts('succeeded', 'timed-out'))).toEqual([
      { key: 'k1', state: 'timed-out', code: 'run.failed', message: 'exit code 1' },
    ]);
  });
});
