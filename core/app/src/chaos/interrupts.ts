/** What would end this process without a verdict, turned into the reason for an early one. A second signal ends it at once, as always. */
export interface Interrupts {
  readonly signal: AbortSignal;
  reason(): string | undefined;
  close(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function watchInterrupts(): Interrupts {
  const controller = new AbortController();
  let reason: string | undefined;
  const end = (why: string): void => {
    reason ??= why;
    controller.abort();
  };
  const bySignal = (name: NodeJS.Signals): void => end(`ended by ${name}`);
  const byError = (error: unknown): void => end(`unexpected: ${error instanceof Error ? error.stack : String(error)}`);
  for (const name of signals) process.once(name, bySignal);
  process.on('uncaughtException', byError);
  process.on('unhandledRejection', byError);
  return {
    signal: controller.signal,
    reason: () => reason,
    close() {
      for (const name of signals) process.off(name, bySignal);
      process.off('uncaughtException', byError);
      process.off('unhandledRejection', byError);
    },
  };
}
