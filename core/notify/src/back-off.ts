/** Tries of one delivery before it is dead. With the pauses below that is about eight hours. */
export const mostAttempts = 12;

const firstMs = 5_000;
const capMs = 3_600_000 * 2;

/** Pause after a failed try (from 1), milliseconds: 5 s, doubled each time, two hours at most; spread a little, so that a receiver that comes back is not met by all at once. */
export function pauseAfter(attempt: number, random: number): number {
  const plain = Math.min(capMs, firstMs * 2 ** (attempt - 1));
  return Math.round(plain * (0.8 + 0.4 * random));
}
