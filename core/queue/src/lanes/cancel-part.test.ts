import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parkRequest, runPart } from '../__fixtures__/parked-request.ts';
import { type Queue, openQueue } from '../index.ts';

let queue: Queue;
const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  return () => queue.close();
});

const park = (parts: number, needed?: number) => parkRequest(queue, parts, needed);
const run = (partId: string) => runPart(queue, partId);

const states = async (id: string) => (await queue.requests.parts(id)).map(({ state }) => state);

describe('cancelling one part', () => {
  it('ends one that waits at once, and leaves its siblings alone where the request can do without it', async () => {
    await queue.gate.declare({ 'op:daily': 1 });
    const id = await park(3, 1);
    expect(await queue.requests.cancelPart(`${id}-1`, 'ada')).toBe('cancelled');
    expect(await states(id)).toEqual(['granted', 'cancelled', 'parked']);
    expect((await queue.requests.part(`${id}-1`))?.failure?.message).toContain('cancelled by ada');
    expect((await queue.requests.get(id))?.state).toBe('running');
  });

  it('cancels the siblings where all are needed, and the request goes on to its end', async () => {
    await queue.gate.declare({ 'op:daily': 1 });
    const id = await park(2);
    await queue.requests.cancelPart(`${id}-1`, 'ada');
    expect(await states(id)).toEqual(['cancelled', 'cancelled']);
    expect((await queue.requests.get(id))?.state).toBe('joining');
  });

  it('hands a run to the keeper, which keeps the slot until it has ended', async () => {
    const id = await park(1);
    await run(`${id}-0`);
    expect(await queue.requests.cancelPart(`${id}-0`, 'ada')).toBe('cancelling');
    expect(await queue.requests.cancelPart(`${id}-0`, 'ada')).toBe('cancelling');
    expect((await queue.requests.cancelling(5)).map((part) => part.id)).toEqual([`${id}-0`]);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily')?.inUse).toBe(1);
  });

  it('is refused for a part that has ended, and for one that is not there', async () => {
    const id = await park(1);
    await queue.requests.release(`${id}-0`, { state: 'succeeded', runMs: 1, log: undefined });
    await expect(queue.requests.cancelPart(`${id}-0`, 'ada')).rejects.toMatchObject({ code: 'run.not-cancellable' });
    await expect(queue.requests.cancelPart(`${id}-7`, 'ada')).rejects.toMatchObject({ code: 'run.not-found' });
  });
});
