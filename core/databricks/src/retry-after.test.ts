import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 0);

  it.each([
    ['5', 5_000],
    [' 0 ', 0],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:59:00 GMT', 0],
  ])('reads %j', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });

  it.each([undefined, '', 'soon', '1.5', '-1', '1e3', '99999999999'])('says nothing for %j', (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });

  it('takes the first of several', () => {
    expect(retryAfterMs(['2', '9'], now)).toBe(2_000);
  });
});
