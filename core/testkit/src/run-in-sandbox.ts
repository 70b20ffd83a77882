import type { Running, Sandbox, SandboxCommand, SandboxEnd } from '@slowlane/contracts';

export interface SandboxOutcome {
  end: SandboxEnd;
  stdout: string;
  stderr: string;
}

/** Runs one program in a sandbox to its end and gives what it wrote. */
export async function runInSandbox(
  sandbox: Sandbox,
  command: Omit<SandboxCommand, 'net'> & { net?: SandboxCommand['net']; input?: string },
): Promise<SandboxOutcome> {
  const { input, ...rest } = command;
  const running = await sandbox.exec({ net: { mode: 'none' }, ...rest });
  running.stdin.end(input ?? '');
  return outcomeOf(running);
}

/** The same with a line of shell. */
export function shellInSandbox(sandbox: Sandbox, script: string): Promise<SandboxOutcome> {
  return runInSandbox(sandbox, { argv: ['/bin/sh', '-c', script] });
}

export async function outcomeOf(running: Running): Promise<SandboxOutcome> {
  const [stdout, stderr] = await Promise.all([running.stdout.toArray(), running.stderr.toArray()]);
  return { end: await running.done, stdout: textOf(stdout), stderr: textOf(stderr) };
}

function textOf(chunks: unknown[]): string {
  return Buffer.concat(chunks as Buffer[]).toString();
}
