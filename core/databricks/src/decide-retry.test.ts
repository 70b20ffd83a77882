import { describe, expect, it } from 'vitest';
import { type AttemptFailure, decideRetry } from './decide-retry.ts';

const state = { attempt: 1, elapsedMs: 0, budgetMs: 60_000, repeatable: false, jitter: 0 };
const answered = (status: number, retryAfterMs?: number): AttemptFailure => ({
  how: 'answered',
  status,
  throttled: status === 429,
  retryAfterMs,
});

describe('decideRetry', () => {
  it('waits exactly as long as Retry-After says, for every call', () => {
    expect(decideRetry(answered(429, 7_000), state)).toEqual({ retry: true, delayMs: 7_000 });
    expect(decideRetry(answered(503, 2_000), state)).toEqual({ retry: true, delayMs: 2_000 });
  });

  it('backs off by itself when nothing was said', () => {
    expect(decideRetry(answered(429), { ...state, attempt: 3 })).toEqual({ retry: true, delayMs: 2_000 });
    expect(decideRetry(answered(429), { ...state, attempt: 30 })).toEqual({ retry: true, delayMs: 10_000 });
  });

  it('repeats a lost call only when that does no harm', () => {
    expect(decideRetry({ how: 'lost' }, state)).toEqual({ retry: false });
    expect(decideRetry({ how: 'lost' }, { ...state, repeatable: true }).retry).toBe(true);
    expect(decideRetry(answered(504), state)).toEqual({ retry: false });
    expect(decideRetry(answered(504), { ...state, repeatable: true }).retry).toBe(true);
  });

  it('repeats any call that never reached the workspace', () => {
    expect(decideRetry({ how: 'unsent' }, state).retry).toBe(true);
  });

  it.each([400, 403, 404, 409, 500, 501])('never repeats after %i', (status) => {
    expect(decideRetry(answered(status), { ...state, repeatable: true })).toEqual({ retry: false });
  });

  it('repeats what the words of an answer call temporary only where that does no harm', () => {
    const temporary: AttemptFailure = {
      how: 'answered',
      status: 400,
      throttled: false,
      temporary: true,
      retryAfterMs: undefined,
    };
    expect(decideRetry(temporary, { ...state, repeatable: true }).retry).toBe(true);
    expect(decideRetry(temporary, state)).toEqual({ retry: false });
  });

  it('does not begin a wait that would pass the budget', () => {
    expect(decideRetry(answered(429, 61_000), state)).toEqual({ retry: false });
    expect(decideRetry(answered(429, 1_000), { ...state, budgetMs: 0 })).toEqual({ retry: false });
  });
});
