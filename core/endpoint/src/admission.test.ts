import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Admission, type Load, startAdmission } from './admission.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();
let admission: Admission;
afterEach(() => admission.close());

const limits = { redisMemory: 0.9, streamLength: 1_000, waitingPerOperation: 5, loopDelayMs: 500 };
const calm: Load = { redis: { used: 10, most: 100 }, streamLength: 0, waiting: {} };

async function looked(load: Load, loopDelayMs = 1): Promise<void> {
  const look = vi.fn(async () => load);
  admission = startAdmission(look, limits, { lookMs: 1, loopDelay: () => loopDelayMs });
  await vi.waitUntil(() => look.mock.calls.length > 1);
}

const payload = { operation: 'daily-sales', body: {} };

describe('admission', () => {
  it.each([
    ['Redis is nearly full', { ...calm, redis: { used: 95, most: 100 } }, 1, 'Redis uses 95 of 100'],
    ['the archiver is far behind', { ...calm, streamLength: 1_001 }, 1, '1001 events'],
    ['the process is behind', calm, 900, '900 ms behind'],
  ])('refuses new requests while %s', async (_name, load, delay, short) => {
    await looked(load, delay);
    expect(admission.short().join()).toContain(short);
    const served = await serve(() => ({ admission }));
    served.addPipeline('daily-sales');
    served.register('daily-sales');
    const answer = await served.call('client', 'POST', '/v1/requests', { payload });
    expect(answer.json()).toMatchObject({ status: 503, code: 'request.overload' });
    expect(answer.headers['retry-after']).toBe('5');
    expect(served.state.requests.size).toBe(0);
  });

  it('refuses an operation with too many waiting parts, and no other', async () => {
    await looked({ ...calm, waiting: { 'daily-sales': 5, other: 4 } });
    expect(() => admission.admit('daily-sales')).toThrow(expect.objectContaining({ code: 'request.backlog' }));
    admission.admit('other');
    admission.admit('unseen');
  });

  it('takes a Redis without a limit of memory as never full', async () => {
    await looked({ ...calm, redis: { used: 1e12, most: 0 } });
    expect(admission.short()).toEqual([]);
  });

  it('keeps what it saw last while nobody answers', async () => {
    let fails = false;
    const look = vi.fn(async () => {
      if (fails) throw new Error('away');
      return { ...calm, streamLength: 5_000 };
    });
    admission = startAdmission(look, limits, { lookMs: 1, loopDelay: () => 0 });
    await vi.waitUntil(() => admission.short().length > 0);
    fails = true;
    const seen = look.mock.calls.length;
    await vi.waitUntil(() => look.mock.calls.length > seen + 2);
    expect(admission.short()).toHaveLength(1);
  });
});
