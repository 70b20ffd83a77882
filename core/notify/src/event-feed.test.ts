import type { EventLog, SlowLaneEvent } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';
import { SlowLaneError } from '@slowlane/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEventFeed, type EventFeedOptions } from './event-feed.ts';

const A = 'req_01J0000000000000000000000A';
const B = 'req_01J0000000000000000000000B';

/** The stream in memory: blocks, trims and breaks like the real one. */
function createStream() {
  let events: SlowLaneEvent[] = [];
  let next = 8;
  let isDown = false;
  let wake: (() => void)[] = [];
  const after = (id: string): SlowLaneEvent[] => events.filter((event) => compareStreamIds(event.id, id) > 0);
  const check = (): void => {
    if (isDown) throw new SlowLaneError('queue.unavailable', 'Redis does not answer');
  };
  const log: Pick<EventLog, 'read' | 'last'> = {
    async read(from, count, blockMs) {
      check();
      if (after(from).length === 0 && blockMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, blockMs);
          wake.push(() => (clearTimeout(timer), resolve()));
        });
      }
      check();
      return after(from).slice(0, count);
    },
    async last() {
      check();
      return events.at(-1)?.id ?? '0-0';
    },
  };
  return {
    log,
    all: [] as SlowLaneEvent[],
    add(requestId: string | undefined, type: SlowLaneEvent['type'] = 'part.parked') {
      // 9-0 is followed by 10-0: as text it would come first.
      const event = {
        id: `${next++}-0`,
        type,
        at: 0,
        correlationId: 'cor_x',
        subject: { request: requestId },
        data: {},
      };
      events.push(event);
      this.all.push(event);
      for (const one of wake.splice(0)) one();
      return event.id;
    },
    trim(before: string) {
      events = after(before);
    },
    setDown(down: boolean) {
      isDown = down;
      for (const one of wake.splice(0)) one();
      wake = [];
    },
  };
}

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function feedOf(stream: ReturnType<typeof createStream>, options: EventFeedOptions = {}) {
  const feed = createEventFeed(stream.log, { blockMs: 20, ...options });
  cleanUps.push(() => feed.close());
  return feed;
}

function recorder() {
  const ids: string[] = [];
  return { ids, listener: (event: SlowLaneEvent) => ids.push(event.id) > 0 };
}

describe('the event feed', () => {
  it('gives a listener the missed events first, then live ones, of its own request only', async () => {
    const stream = createStream();
    const first = stream.add(A);
    stream.add(B);
    const second = stream.add(A);
    stream.add(undefined);
    const { ids, listener } = recorder();
    await feedOf(stream).subscribe(A, undefined, listener);
    expect(ids).toEqual([first, second]);

    stream.add(B);
    const third = stream.add(A);
    await vi.waitUntil(() => ids.length === 3);
    expect(ids).toEqual([first, second, third]);
  });

  it('goes on after the id that the client saw last, in the order of the stream', async () => {
    const stream = createStream();
    const ids = [stream.add(A), stream.add(A), stream.add(A), stream.add(A)];
    expect(ids).toEqual(['8-0', '9-0', '10-0', '11-0']);
    const seen = recorder();
    await feedOf(stream).subscribe(A, '9-0', seen.listener);
    expect(seen.ids).toEqual(['10-0', '11-0']);
  });

  it('takes from the archive what the stream no longer holds', async () => {
    const stream = createStream();
    const ids = [stream.add(A), stream.add(A), stream.add(A), stream.add(A)];
    const archived = stream.all.slice(0, 3);
    stream.trim(ids[1] as string);
    const seen = recorder();
    const feed = feedOf(stream, {
      history: async () => [...archived, { ...(archived[0] as SlowLaneEvent), id: '8-5', subject: { build: 'bld_x' } }],
      cursor: async () => ids[2] as string,
    });
    await feed.subscribe(A, undefined, seen.listener);
    expect(seen.ids).toEqual(ids);
  });

  it('misses nothing when the archiver trims between the two reads', async () => {
    const stream = createStream();
    const ids = [stream.add(A), stream.add(A), stream.add(A)];
    const seen = recorder();
    const feed = feedOf(stream, {
      // Everything is archived and trimmed after the cursor was read, before the stream is.
      cursor: async () => (stream.trim(ids[2] as string), '0-0'),
      history: async () => stream.all.slice(),
    });
    await feed.subscribe(A, undefined, seen.listener);
    expect(seen.ids).toEqual(ids);
  });

  it('holds live events back until the older ones are through', async () => {
    const stream = createStream();
    const feed = feedOf(stream, {
      history: async () => {
        const old = stream.all.slice();
        // Live events come in, and are read, while the archive is still at work.
        stream.add(A);
        stream.add(A);
        await vi.waitUntil(() => others.ids.length >= old.length + 2);
        return old;
      },
    });
    const others = recorder();
    stream.add(A);
    const plain = createEventFeed(stream.log, { blockMs: 20 });
    cleanUps.push(() => plain.close());
    await plain.subscribe(A, undefined, others.listener);

    const seen = recorder();
    await feed.subscribe(A, undefined, seen.listener);
    await vi.waitUntil(() => seen.ids.length === 3);
    expect(seen.ids).toEqual(['8-0', '9-0', '10-0']);
  });

  it('serves many listeners of one request and leaves one that closed alone', async () => {
    const stream = createStream();
    const feed = feedOf(stream);
    const [one, two] = [recorder(), recorder()];
    const closed = await feed.subscribe(A, undefined, one.listener);
    await feed.subscribe(A, undefined, two.listener);
    closed.close();
    stream.add(A);
    await vi.waitUntil(() => two.ids.length === 1);
    expect(one.ids).toEqual([]);
  });

  it('drops a listener that says it is too slow', async () => {
    const stream = createStream();
    const feed = feedOf(stream);
    const calls: string[] = [];
    await feed.subscribe(A, undefined, (event) => {
      calls.push(event.id);
      return false;
    });
    const other = recorder();
    await feed.subscribe(A, undefined, other.listener);
    stream.add(A);
    stream.add(A);
    await vi.waitUntil(() => other.ids.length === 2);
    expect(calls).toEqual(['8-0']);
  });

  it('lets every listener catch up after an outage, from the archive too', async () => {
    const stream = createStream();
    const feed = feedOf(stream, { history: async () => stream.all.slice() });
    const seen = recorder();
    await feed.subscribe(A, undefined, seen.listener);
    stream.add(A);
    await vi.waitUntil(() => seen.ids.length === 1);

    stream.setDown(true);
    stream.add(A);
    const last = stream.add(A);
    stream.trim(last);
    await new Promise((resolve) => setImmediate(resolve));
    stream.setDown(false);
    stream.add(A);
    await vi.waitUntil(() => seen.ids.length === 4, { timeout: 5_000 });
    expect(seen.ids).toEqual(['8-0', '9-0', '10-0', '11-0']);
  });

  it('says at once when the stream cannot be read, and works once it can', async () => {
    const stream = createStream();
    const feed = feedOf(stream);
    const seen = recorder();
    stream.setDown(true);
    await expect(feed.subscribe(A, undefined, seen.listener)).rejects.toMatchObject({ code: 'queue.unavailable' });
    stream.setDown(false);
    stream.add(A);
    await feed.subscribe(A, undefined, seen.listener);
    expect(seen.ids).toEqual(['8-0']);
  });
});
