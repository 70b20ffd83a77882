/** What a chaos run does, in this order. */
export const chaosPhases = ['start', 'strike', 'tighten', 'stop the load', 'drain', 'judge', 'end'] as const;
export type ChaosPhase = (typeof chaosPhases)[number];

export interface Phases {
  /**
   * Does the work of a phase for at most so many ms. A phase that fails, or takes longer, is written down, and its `otherwise` is the answer: the run
   * goes on to its verdict with what there is.
   */
  run<T>(phase: ChaosPhase, mostMs: number, work: Work<T>): Promise<T>;
  /** Phases that did not come to their end, with the reason; empty when all did. */
  unfinished: string[];
  close(): void;
}

interface Work<T> {
  do(): Promise<T>;
  otherwise: T;
}

const toldEveryMs = 10_000;

/**
 * Tells every ten seconds which phase it is in. The timer also keeps the process alive: Node ends a process that waits for nothing but a promise, and
 * then nobody would hear a verdict.
 */
export function createPhases(say: (line: string) => void, figures: () => string): Phases {
  const begun = Date.now();
  const unfinished: string[] = [];
  let current: ChaosPhase = 'start';
  const tell = (): void => say(`${Math.round((Date.now() - begun) / 1_000)} s, ${current}: ${figures()}`);
  const beat = setInterval(tell, toldEveryMs);
  return {
    unfinished,
    async run(phase, mostMs, { do: work, otherwise }) {
      current = phase;
      const { promise: late, cancel } = lateAfter(mostMs);
      try {
        return await Promise.race([work(), late]);
      } catch (error) {
        unfinished.push(`${phase}: ${error instanceof Error ? error.message : String(error)}`);
        say(`did not finish: ${unfinished.at(-1)}`);
        return otherwise;
      } finally {
        cancel();
      }
    },
    close: () => clearInterval(beat),
  };
}

function lateAfter(ms: number): { promise: Promise<never>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${Math.round(ms / 1_000)} s`)), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}
