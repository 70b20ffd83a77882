import { randomInt } from 'node:crypto';

/** An id like the service's: a number of 14 or 15 digits, below 2^53 so that every JSON parser keeps it. `isTaken` guards against the rare repeat. */
export function newNumericId(isTaken: (id: number) => boolean): number {
  for (;;) {
    // randomInt is limited to a range of 2^48, which these fifteen digits just fit.
    const id = 10_000_000_000_000 + randomInt(281_000_000_000_000);
    if (!isTaken(id)) return id;
  }
}
