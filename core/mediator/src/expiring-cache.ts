/** Values that are read anew after their time, bounded in number and size; the one not used for longest makes room. Who asks while a value is read waits for that reading. */
export interface ExpiringCache<T> {
  get(key: string, ttlMs: number, read: () => Promise<{ value: T; size: number }>): Promise<T>;
  /** Bytes (or what `size` counts) that are kept. */
  size(): number;
}

interface Entry<T> {
  value: T;
  size: number;
  until: number;
}

export function createExpiringCache<T>(bounds: {
  mostEntries: number;
  mostSize: number;
  now?: () => number;
}): ExpiringCache<T> {
  const now = bounds.now ?? Date.now;
  const entries = new Map<string, Entry<T>>();
  const reading = new Map<string, Promise<T>>();
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }
  function keep(key: string, entry: Entry<T>): void {
    remove(key);
    if (entry.size > bounds.mostSize) return;
    entries.set(key, entry);
    total += entry.size;
    while (entries.size > bounds.mostEntries || total > bounds.mostSize) remove(entries.keys().next().value as string);
  }
  async function fill(key: string, ttlMs: number, read: () => Promise<{ value: T; size: number }>): Promise<T> {
    const { value, size } = await read();
    keep(key, { value, size, until: now() + ttlMs });
    return value;
  }
  return {
    size: () => total,
    async get(key, ttlMs, read) {
      const known = entries.get(key);
      if (known !== undefined && known.until > now()) {
        entries.delete(key);
        entries.set(key, known);
        return known.value;
      }
      const running = reading.get(key);
      if (running !== undefined) return running;
      const mine = fill(key, ttlMs, read).finally(() => reading.delete(key));
      reading.set(key, mine);
      return mine;
    },
  };
}
