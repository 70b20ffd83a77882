import type { DeliveryRecord, DeliveryStore } from '@slowlane/contracts';

/** For tests: deliveries in memory. */
export function createMemoryDeliveries(): DeliveryStore & { all(): DeliveryRecord[] } {
  const kept = new Map<string, DeliveryRecord>();
  const all = () => [...kept.values()];
  const pending = () => all().filter(({ state }) => state === 'pending');
  const change = (id: string, changes: Partial<DeliveryRecord>): void => {
    kept.set(id, { ...(kept.get(id) as DeliveryRecord), ...changes });
  };
  return {
    all,
    add: async (records) => records.forEach((record) => kept.has(record.id) || kept.set(record.id, record)),
    get: async (id) => kept.get(id),
    ofRequest: async (request) => all().filter((record) => record.request === request),
    list: async ({ state, limit }) =>
      all()
        .filter((one) => state === undefined || one.state === state)
        .slice(0, limit),
    due: async (now, count) =>
      pending()
        .filter(({ dueAt }) => dueAt <= now)
        .slice(0, count),
    nextDueAt: async () =>
      pending()
        .map(({ dueAt }) => dueAt)
        .sort((a, b) => a - b)[0],
    async take({ id, attempt }, until) {
      const known = kept.get(id);
      if (known?.state !== 'pending' || known.attempt !== attempt) return false;
      change(id, { attempt: attempt + 1, dueAt: until });
      return true;
    },
    settle: async (id, end) => change(id, end),
    async revive(id, now) {
      if (kept.get(id)?.state !== 'dead') return false;
      change(id, { state: 'pending', attempt: 0, dueAt: now });
      return true;
    },
    async forget(before) {
      const old = all().filter(({ state, updatedAt }) => state !== 'pending' && updatedAt < before);
      for (const { id } of old) kept.delete(id);
      return old.length;
    },
  };
}
