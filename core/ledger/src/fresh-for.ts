/**
 * Remembers answers for a short time, so that every accept does not ask the database what it asked a moment ago. What this process writes it
 * forgets at once; what other processes write is seen after `ms` at the latest.
 */
export function freshFor<T>(ms: number, now: () => number = Date.now) {
  const known = new Map<string, { value: Promise<T>; until: number }>();
  return {
    async get(key: string, ask: () => Promise<T>): Promise<T> {
      const entry = known.get(key);
      if (entry !== undefined && entry.until > now()) return entry.value;
      if (known.size >= MOST_KEPT) known.clear();
      const value = ask();
      known.set(key, { value, until: now() + ms });
      value.catch(() => known.delete(key));
      return value;
    },
    forget: (key: string): void => void known.delete(key),
  };
}

const MOST_KEPT = 5_000;
