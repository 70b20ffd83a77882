/** Paths that the upstream does not have, for a short time: a build asks several times for what only another registry has. */
export interface NegativeCache {
  has(path: string): boolean;
  add(path: string): void;
}

const MAX_ENTRIES = 50_000;

export function createNegativeCache(ttlMs: number, now: () => number): NegativeCache {
  const until = new Map<string, number>();
  return {
    has(path) {
      const end = until.get(path);
      if (end === undefined) return false;
      if (end > now()) return true;
      until.delete(path);
      return false;
    },
    add(path) {
      if (until.size >= MAX_ENTRIES) until.clear();
      until.set(path, now() + ttlMs);
    },
  };
}
