import type { Readable } from 'node:stream';
import type { PlanStep, Running, Sandbox, SandboxCommand, SandboxEnd } from '@slowlane/contracts';
import type { StageLog } from '../stage-log.ts';
import { createLineSplitter } from './line-splitter.ts';
import { type LineWatch, watchLines } from './line-watch.ts';

export interface StepRun {
  end: SandboxEnd;
  watch: LineWatch;
}

/** Runs one step of a plan to its end; its output goes into the log as it comes. */
export async function runStep(
  sandbox: Sandbox,
  step: PlanStep,
  options: { net: SandboxCommand['net']; values: Record<string, string>; log: StageLog },
): Promise<StepRun> {
  const watch = watchLines(step);
  const running = await sandbox.exec({
    argv: step.argv.map((word) => fill(word, options.values)),
    cwd: step.cwd === '.' ? '/work/src' : `/work/src/${step.cwd.replace(/\/+$/, '')}`,
    env: Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, fill(value, options.values)])),
    net: options.net,
  });
  running.stdin.on('error', () => undefined);
  running.stdin.end();
  await Promise.all([running.stdout, running.stderr].map((output) => follow(output, watch, options.log)));
  return { end: await running.done, watch };
}

/** Runs a program of our own in the sandbox with bytes on its stdin; gives its (short) stdout. */
export async function runOwn(
  sandbox: Sandbox,
  argv: string[],
  input?: Readable | string,
): Promise<{ end: SandboxEnd; stdout: string; stderr: string }> {
  const running = await sandbox.exec({ argv, cwd: '/work', net: { mode: 'none' } });
  const [stdout, stderr] = await Promise.all([
    shortText(running.stdout),
    shortText(running.stderr),
    feed(running, input),
  ]);
  return { end: await running.done, stdout, stderr };
}

async function feed({ stdin }: Running, input: Readable | string | undefined): Promise<void> {
  // The program may end before it has read everything: its exit code says why.
  stdin.on('error', () => undefined);
  if (input === undefined || typeof input === 'string') {
    stdin.end(input ?? '');
    return;
  }
  await new Promise<void>((resolve, reject) => {
    input.once('error', (error) => {
      stdin.destroy();
      reject(error);
    });
    stdin.once('close', () => {
      input.destroy();
      resolve();
    });
    stdin.once('finish', resolve);
    input.pipe(stdin);
  });
}

async function follow(output: Readable, watch: LineWatch, log: StageLog): Promise<void> {
  const splitter = createLineSplitter();
  for await (const bytes of output as AsyncIterable<Buffer>) await show(splitter.push(bytes));
  await show(splitter.end());

  async function show(lines: string[]): Promise<void> {
    for (const line of lines) watch.see(line);
    await log.lines(lines);
  }
}

async function shortText(output: Readable): Promise<string> {
  let text = '';
  for await (const bytes of output as AsyncIterable<Buffer>) if (text.length < 8_192) text += bytes.toString('utf8');
  return text;
}

/** The only values that a plan may leave open. */
function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\$\{(sourceDateEpoch|memoryMb|cpus)\}/g, (_, name: string) => values[name] as string);
}
