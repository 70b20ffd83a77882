import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';

/** The uids that sandboxes run as: one live sandbox per uid, also over restarts, because a taken uid is a file. */
export interface Slots {
  /** Waits for a free uid. Throws `sandbox.failed` when none becomes free in time. `preferred` is taken when it is free. */
  take(id: string, options?: { signal?: AbortSignal | undefined; preferred?: number | undefined }): Promise<number>;
  release(uid: number): void;
  readonly range: SlotRange;
  /** Who holds what. */
  taken(): { uid: number; id: string }[];
}

export interface SlotRange {
  firstUid: number;
  count: number;
}

export function openSlots(folder: string, range: SlotRange, waitMs = 120_000): Slots {
  let next = 0;
  const tryAll = (id: string, preferred: number | undefined): number | undefined => {
    const order = Array.from({ length: range.count }, (_, index) => range.firstUid + ((next + index) % range.count));
    if (preferred !== undefined && order.includes(preferred)) order.unshift(preferred);
    const uid = order.find((candidate) => tryTake(folder, candidate, id));
    // Going round leaves a uid unused for the longest time before its next sandbox.
    if (uid !== undefined) next = uid - range.firstUid + 1;
    return uid;
  };
  return {
    async take(id, options = {}) {
      const until = performance.now() + waitMs;
      for (;;) {
        options.signal?.throwIfAborted();
        const uid = tryAll(id, options.preferred);
        if (uid !== undefined) return uid;
        if (performance.now() > until) throw allTaken(range);
        // A supervisor that ends frees its uid without telling this process.
        await pause(50);
      }
    },
    range,
    release: (uid) => rmSync(`${folder}/${uid}`, { force: true }),
    taken: () => readdirSync(folder).map((name) => ({ uid: Number(name), id: readId(`${folder}/${name}`) })),
  };
}

function tryTake(folder: string, uid: number, id: string): boolean {
  try {
    writeFileSync(`${folder}/${uid}`, id, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function readId(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function allTaken(range: SlotRange): SlowLaneError {
  return new SlowLaneError('sandbox.failed', `all ${range.count} sandbox uids are taken`, {
    hint: 'Wait for runs to end, or raise the number of sandbox slots in the configuration.',
  });
}
