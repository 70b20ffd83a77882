/** What is kept of one schedule, besides the pipeline file. */
export interface ScheduleState {
  pipeline: string;
  name: string;
  /** Expression and zone that `lastAt` belongs to; a changed one starts from now. */
  cron: string;
  /** Occurrences up to here are dealt with. Epoch milliseconds. */
  lastAt: number;
  /** The request that the last occurrence became, or why there is none. */
  lastRequest: string | undefined;
  problem: string | undefined;
  paused: { by: string; reason: string; at: number } | undefined;
}

/** Each method is one transaction; any number of nodes may call them at once. */
export interface ScheduleStore {
  list(): Promise<ScheduleState[]>;
  /** Makes the row when there is none, and starts anew when the expression changed. Returns what is kept then. */
  begin(schedule: { pipeline: string; name: string; cron: string; now: number }): Promise<ScheduleState>;
  /** Moves `lastAt` forward, never back. */
  advance(
    schedule: { pipeline: string; name: string },
    to: { at: number; request: string | undefined; problem: string | undefined },
  ): Promise<void>;
  /** Sets or clears the pause. False when there is no such schedule. */
  pause(
    schedule: { pipeline: string; name: string },
    paused: { by: string; reason: string; at: number } | undefined,
  ): Promise<boolean>;
}

/** One schedule as people see it. Times are epoch milliseconds. */
export interface ScheduleRow {
  pipeline: string;
  name: string;
  cron: string;
  zone: string;
  catchUp: 'skip' | 'last' | 'all';
  /** By hand, or by the pipeline file (`by: "pipeline file"`). */
  paused: { by: string; reason: string; at: number | undefined } | undefined;
  next: number[];
  lastAt: number | undefined;
  lastRequest: string | undefined;
  problem: string | undefined;
}

export interface ScheduleControl {
  list(): Promise<ScheduleRow[]>;
  /** Throws `schedule.not-found`. What falls into the pause is skipped. */
  pause(pipeline: string, name: string, why: { by: string; reason: string }): Promise<ScheduleRow>;
  resume(pipeline: string, name: string, by: string): Promise<ScheduleRow>;
}
