import { statfsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxEnd, SandboxLimits, StopReason } from '@slowlane/contracts';
import type { Cgroup } from './cgroup/cgroup.ts';
import { endOf } from './end-of-program.ts';
import type { FifoPool } from '@slowlane/process';
import { startForwarder } from './forwarder.ts';
import type { Launched } from './isolation.ts';
import { outputCap } from './output-cap.ts';

export interface ProgramOptions {
  launch(means: { fifos: FifoPool; hasStdin: boolean }): Promise<Launched>;
  limits: Pick<SandboxLimits, 'wallMs' | 'idleMs' | 'outputBytes'>;
  cgroup: Cgroup;
  fifos: FifoPool;
  /** Folder of the work volume, to tell a full disk. */
  work?: string | undefined;
  gateway?: { socketPath: string; nodePath: string; caller: { uid: number; gid: number } } | undefined;
  hasStdin: boolean;
  /** What too much output does: ends the program, or only its log. */
  onFull: 'stop' | 'cut';
}

export interface Program {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly initPid: Promise<number | undefined>;
  /** Rejects with `sandbox.failed` when the sandbox itself could not be set up. */
  readonly done: Promise<SandboxEnd>;
  /** Ends it; the first reason stands. */
  stop(reason: StopReason): void;
}

/** Starts one program in a prepared sandbox and watches over its limits. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const startedAt = performance.now();
  const before = options.cgroup.usage();
  if (options.cgroup.pids().length === 0) options.cgroup.resetPeak();
  const launched = await options.launch(options);
  const guard = guardOf(launched, options);
  const caps = [launched.stdout, launched.stderr].map((source) => capOf(source, guard, options));
  const [stdout, stderr] = caps as [(typeof caps)[0], (typeof caps)[0]];
  launched.stdin?.on('error', () => undefined); // it ended without reading all: the writer needs no telling
  const forwarder = options.gateway === undefined ? undefined : openGateway(launched, guard, options.gateway);
  const unwatch = options.cgroup.watch?.(() => guard.stop('oom'));
  const done = launched.exited.then(async (exit) => {
    guard.end();
    unwatch?.();
    await forwarder?.then((one) => one?.stop());
    launched.stdin?.destroy();
    const usage = options.cgroup.usage();
    return endOf({
      ...exit,
      stopped: guard.reason(),
      failure: guard.failure(),
      isDiskFull: isFull(options.work),
      saidLast: guard.saidLast(),
      usage: {
        wallMs: Math.round(performance.now() - startedAt),
        cpuMs: usage.cpuMs - before.cpuMs,
        maxMemoryBytes: usage.maxMemoryBytes,
        oomKills: usage.oomKills - before.oomKills,
        pidsHits: usage.pidsHits - before.pidsHits,
        bytesOut: stdout.bytesSeen + stderr.bytesSeen,
      },
    });
  });
  return { stdin: launched.stdin, stdout, stderr, initPid: launched.initPid, done, stop: guard.stop };
}

/** Wall and idle time, and the one reason that a program was ended for. */
function guardOf(launched: Launched, options: ProgramOptions) {
  let reason: StopReason | undefined;
  let failure: SlowLaneError | undefined;
  let said = '';
  const stop = (why: StopReason): void => {
    reason ??= why;
    launched.kill();
  };
  const wall = setTimeout(() => stop('timeout'), options.limits.wallMs);
  const idleMs = options.limits.idleMs;
  const idle = idleMs === undefined ? undefined : setTimeout(() => stop('idle'), idleMs);
  return {
    stop,
    fail: (error: SlowLaneError) => {
      failure ??= error;
      launched.kill();
    },
    reason: () => reason,
    failure: () => failure,
    heard: (chunk: Buffer) => {
      idle?.refresh();
      said = (said + chunk.subarray(-500).toString()).slice(-500);
    },
    saidLast: () => said,
    end: () => {
      clearTimeout(wall);
      clearTimeout(idle);
    },
  };
}

function capOf(source: Readable, guard: ReturnType<typeof guardOf>, options: ProgramOptions) {
  const limitBytes = options.limits.outputBytes;
  const cap = outputCap({
    limitBytes,
    ...(options.onFull === 'cut' ? { mark: `\n[slow lane: output cut at ${limitBytes} bytes]\n` } : {}),
    onFull: () => {
      if (options.onFull === 'stop') guard.stop('output');
    },
  });
  source.on('data', guard.heard);
  source.on('error', () => cap.end());
  source.pipe(cap);
  // A reader that has lost interest must not hold the program up. Only after `pipe`, whose own end pauses the source.
  cap.once('close', () => source.resume());
  return cap;
}

async function openGateway(
  launched: Launched,
  guard: ReturnType<typeof guardOf>,
  gateway: NonNullable<ProgramOptions['gateway']>,
) {
  const initPid = await launched.initPid;
  if (initPid === undefined) return undefined;
  try {
    const forwarder = await startForwarder({ initPid, ...gateway });
    launched.release();
    return forwarder;
  } catch (error) {
    guard.fail(
      error instanceof SlowLaneError ? error : new SlowLaneError('sandbox.failed', String(error), { cause: error }),
    );
    return undefined;
  }
}

function isFull(folder: string | undefined): boolean {
  if (folder === undefined) return false;
  try {
    const { bavail, bsize, ffree } = statfsSync(folder);
    return bavail * bsize < 65_536 || ffree === 0;
  } catch {
    return false;
  }
}
