/** Work that says itself when it wants its next turn. */
export interface Turns {
  start(): void;
  /** Waits for the turn that is under way; no other follows. */
  stop(): Promise<void>;
}

const shortestNapMs = 50;

/** Repeats a turn, which gives the time (epoch milliseconds) of the next and must not fail. The first comes at `firstAt`, default at once. */
export function repeatTurns(
  turn: () => Promise<number>,
  { now, firstAt }: { now: () => number; firstAt?: () => number },
): Turns {
  let timer: NodeJS.Timeout | undefined;
  let turning: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function take(): Promise<void> {
    schedule(await turn());
  }
  function schedule(at: number): void {
    if (!isStopped) timer = setTimeout(() => void (turning = take()), Math.max(shortestNapMs, at - now()));
  }
  return {
    start() {
      if (firstAt === undefined) turning = take();
      else schedule(firstAt());
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await turning;
    },
  };
}
