import type { EventLog, EventType, JsonObject, NewEvent, SlowLaneEvent } from '@slowlane/contracts';
import type { BlockingPool } from '../redis/blocking-pool.ts';
import { patiently } from '../redis/availability.ts';
import { redisTime } from '../redis/redis-time.ts';
import type { Store } from '../redis/store.ts';

/** Archived events stay this long for those who follow the stream live. */
const TAIL_MS = 60_000;

/** Of an entry that is not ours. */
const mostLetters = 10_000;

type Entry = [id: string, fields: string[]];

export function createEventLog({ store, pool }: { store: Store; pool: BlockingPool }): EventLog {
  const stream = store.keys.of('log');
  return {
    append: (event) => patiently(() => append(store, event)),
    read: async (after, count, blockMs) => {
      const entries = await pool.use((redis) =>
        blockMs > 0
          ? redis.xread('COUNT', count, 'BLOCK', Math.round(blockMs), 'STREAMS', stream, after)
          : redis.xread('COUNT', count, 'STREAMS', stream, after),
      );
      return ((entries?.[0]?.[1] ?? []) as Entry[]).map(eventOf);
    },
    last: async () => {
      const entries = (await store.call((redis) => redis.xrevrange(stream, '+', '-', 'COUNT', 1))) as Entry[];
      return entries[0]?.[0] ?? '0-0';
    },
    trim: async (before) => {
      const archivedMs = Number(before.split('-')[0]);
      const tail = Math.max(0, (await redisTime(store)) - TAIL_MS);
      await store.run('trim', tail < archivedMs ? `${tail}-0` : before, archivedMs);
    },
  };
}

async function append(store: Store, event: NewEvent): Promise<string> {
  const fields = [
    't',
    event.type,
    'c',
    event.correlationId,
    's',
    JSON.stringify(event.subject),
    'd',
    JSON.stringify(event.data ?? {}),
  ];
  return (await store.call((redis) => redis.xadd(store.keys.of('log'), '*', ...fields))) as string;
}

/** One that cannot be read must not stop those behind it: it is shown as what it is, and the ledger puts it aside. */
function eventOf([id, flat]: Entry): SlowLaneEvent {
  // Written as t, c, s, d, always in this order.
  const [, type = '', , correlationId = '', , subject = '', , data = ''] = flat;
  const at = Number(id.split('-')[0]);
  try {
    return {
      id,
      type: type as EventType,
      at,
      correlationId,
      subject: objectIn(subject) as SlowLaneEvent['subject'],
      data: objectIn(data),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const entry = JSON.stringify(flat).slice(0, mostLetters);
    return { id, type: 'event.unreadable', at, correlationId, subject: {}, data: { entry, reason } };
  }
}

function objectIn(text: string): JsonObject {
  const value = JSON.parse(text) as unknown;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError('not a JSON object');
  return value as JsonObject;
}
