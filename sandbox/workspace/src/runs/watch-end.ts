import { type FSWatcher, watch } from 'node:fs';
import type { Logger, SupervisedEnd } from '@slowlane/contracts';
import { readEnd } from './read-record.ts';

/** The supervisor's record; `vanished` when the supervisor is gone and left none; `unreadable` when it left one that makes no sense. */
export type WatchedEnd = SupervisedEnd | 'vanished' | 'unreadable';

export interface WatchInput {
  /** Record folder of the supervisor. */
  folder: string;
  isRunning: () => Promise<boolean>;
  /** Called once. */
  onEnd: (end: WatchedEnd) => void;
  logger: Logger;
}

export interface EndWatch {
  stop(): void;
}

const pollMs = 1_000;

/**
 * Waits for the end of a supervised program. The kernel tells of the record as soon as it is there; a slow poll finds it where such
 * notices do not come, and asks for the supervisor itself.
 */
export function watchEnd(input: WatchInput): EndWatch {
  let stopped = false;
  let busy = false;
  let again = false;
  const notices = watchFolder(input, () => void check(false));
  const timer = setInterval(() => void check(true), pollMs);
  void check(true);
  return { stop };

  function stop(): void {
    stopped = true;
    notices?.close();
    clearInterval(timer);
  }

  async function check(askSupervisor: boolean): Promise<void> {
    if (stopped) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const end = await look(askSupervisor);
    busy = false;
    if (end !== undefined && !stopped) {
      stop();
      input.onEnd(end);
    } else if (again) {
      again = false;
      void check(false);
    }
  }

  async function look(askSupervisor: boolean): Promise<WatchedEnd | undefined> {
    try {
      const end = await readEnd(input.folder);
      if (end !== undefined || !askSupervisor || (await input.isRunning())) return end;
      // The record is written before the supervisor ends, so now it is there or never will be.
      return (await readEnd(input.folder)) ?? 'vanished';
    } catch (error) {
      input.logger.warn(
        { folder: input.folder, error: String(error) },
        'end of a run cannot be looked up; trying again',
      );
      return undefined;
    }
  }
}

function watchFolder(input: WatchInput, onNotice: () => void): FSWatcher | undefined {
  try {
    const notices = watch(input.folder, { persistent: false }, onNotice);
    notices.on('error', () => notices.close());
    return notices;
  } catch (error) {
    input.logger.warn({ folder: input.folder, error: String(error) }, 'folder cannot be watched; polling');
    return undefined;
  }
}
