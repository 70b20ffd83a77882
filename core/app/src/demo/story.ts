import { formatDuration } from '@slowlane/kit';

/** Tells the demo step by step, with the time each step took; everything goes to stderr, the final document alone to stdout. */
export interface Story {
  step<T>(title: string, work: (note: (line: string) => void) => Promise<T>): Promise<T>;
  readonly steps: { title: string; tookMs: number }[];
}

export function createStory(write: (text: string) => void): Story {
  const begun = performance.now();
  const steps: { title: string; tookMs: number }[] = [];
  return {
    steps,
    async step(title, work) {
      const number = steps.length + 1;
      write(`\n[${number}] ${title}   (+${formatDuration(performance.now() - begun)})\n`);
      const started = performance.now();
      try {
        return await work((line) => write(`    ${line}\n`));
      } finally {
        const tookMs = performance.now() - started;
        steps.push({ title, tookMs });
        write(`    ... ${formatDuration(tookMs)}\n`);
      }
    },
  };
}
