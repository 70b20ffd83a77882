import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { afterFailure } from './retry.ts';

const policy = { attempts: 4, firstMs: 100, capMs: 350 };
const temporary = new SlowLaneError('workspace.unavailable', 'no answer').toFailure();

describe('afterFailure', () => {
  it('repeats a temporary failure after twice the pause each time, up to the cap', () => {
    expect([1, 2, 3].map((attempt) => afterFailure(temporary, attempt, policy))).toEqual([
      { kind: 'retry', delayMs: 100 },
      { kind: 'retry', delayMs: 200 },
      { kind: 'retry', delayMs: 350 },
    ]);
  });

  it('gives up with the last try', () => {
    expect(afterFailure(temporary, 4, policy)).toEqual({ kind: 'give-up' });
  });

  it('never repeats what the author or we got wrong', () => {
    const user = new SlowLaneError('build.failed', 'exit code 1').toFailure();
    const platform = new SlowLaneError('platform.unexpected', 'a fault').toFailure();
    expect([user, platform].map((failure) => afterFailure(failure, 1, policy))).toEqual([
      { kind: 'give-up' },
      { kind: 'give-up' },
    ]);
  });
});
