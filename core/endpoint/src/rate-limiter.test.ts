import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

describe('the rate limiter', () => {
  it('lets a burst through, then one call for each share of the minute', () => {
    let now = 1_000;
    const limiter = createRateLimiter({ perMinute: 60, burst: 3 }, () => now);
    for (let call = 0; call < 3; call++) limiter.take('ci');
    expect(() => limiter.take('ci')).toThrow(SlowLaneError);
    now += 1_000;
    limiter.take('ci');
    expect(() => limiter.take('ci')).toThrow('60 calls per minute');
  });

  it('counts each caller by itself', () => {
    const limiter = createRateLimiter({ perMinute: 60, burst: 1 }, () => 0);
    limiter.take('ci');
    expect(() => limiter.take('ci')).toThrow(SlowLaneError);
    limiter.take('other');
  });

  it('gives nothing back when the clock goes backwards', () => {
    let now = 10_000;
    const limiter = createRateLimiter({ perMinute: 60, burst: 1 }, () => now);
    limiter.take('ci');
    now = 0;
    expect(() => limiter.take('ci')).toThrow(SlowLaneError);
  });

  it('answers 429 with Retry-After and RateLimit headers, to that caller alone', async () => {
    const { call } = await serve((memory) => ({
      limits: { ...memory.deps.limits, perCaller: { perMinute: 6, burst: 2 } },
    }));
    expect((await call('read', 'GET', '/v1/gates')).headers['ratelimit']).toMatch(/^"caller";r=1;t=\d+$/);
    expect((await call('read', 'GET', '/v1/gates')).statusCode).toBe(200);
    const refused = await call('read', 'GET', '/v1/gates');
    expect(refused.json()).toMatchObject({ status: 429, code: 'request.rate' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['ratelimit']).toMatch(/^"caller";r=0;t=\d+$/);
    expect((await call('admin', 'GET', '/v1/gates')).statusCode).toBe(200);
  });
});
