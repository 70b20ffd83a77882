import { createInterface } from 'node:readline';
import { type Started, start } from '@slowlane/process';

export interface NodeProcess {
  pid: number;
  /** Lines of standard output and standard error so far. */
  lines: string[];
  exited: Started['exited'];
  kill(signal?: NodeJS.Signals): void;
}

/** A TypeScript file as a process of its own, for tests that kill it. */
export function startNode(file: string, args: readonly string[] = []): NodeProcess {
  const started = start([process.execPath, file, ...args], { inheritEnv: true });
  const lines: string[] = [];
  for (const stream of [started.stdout, started.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  return { pid: started.pid, lines, exited: started.exited, kill: (signal = 'SIGKILL') => void started.kill(signal) };
}
