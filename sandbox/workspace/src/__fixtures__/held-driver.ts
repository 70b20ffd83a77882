import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxCommand, SandboxDriver, SandboxSpec, StopReason, SupervisedEnd } from '@slowlane/contracts';

export interface HeldProgram {
  spec: SandboxSpec;
  command: SandboxCommand;
  recordDir: string;
  asked: ('term' | 'kill')[];
}

/**
 * A driver that runs nothing: every program "runs" until the test ends it. It keeps the port's promises about records, and what is asked
 * of it can be read. Several workspaces may share one, like several processes share the helper.
 */
export interface HeldDriver extends SandboxDriver {
  readonly programs: Map<string, HeldProgram>;
  /** Every start that was asked for, also refused ones. */
  readonly starts: string[];
  /** Ends a program as its supervisor would: record first, then gone. */
  end(
    id: string,
    end: {
      reason?: StopReason;
      code?: number | null;
      signal?: string;
      oomKills?: number;
      stdout?: string;
      stderr?: string;
    },
  ): Promise<void>;
  /** The supervisor dies and leaves no record. */
  vanish(id: string): void;
  /** Resolves when a program of this number (from 1) has been started. */
  started(count: number): Promise<HeldProgram>;
  /** While set, `supervise` waits for it. */
  hold?: Promise<void> | undefined;
  failNext?: Error | undefined;
}

export function createHeldDriver(): HeldDriver {
  const programs = new Map<string, HeldProgram>();
  const running = new Set<string>();
  const starts: string[] = [];
  const waiting: { count: number; resolve: (program: HeldProgram) => void }[] = [];
  const unused = (): never => {
    throw new Error('the workspace only supervises');
  };
  const driver: HeldDriver = {
    kind: 'dummy',
    programs,
    starts,
    probe: unused,
    create: unused,
    reap: unused,
    async supervise(spec, command, recordDir) {
      starts.push(spec.id);
      await driver.hold;
      const failure = driver.failNext;
      driver.failNext = undefined;
      if (failure !== undefined) throw failure;
      if (running.has(spec.id)) throw new Error(`id ${spec.id} is in use`);
      await mkdir(recordDir, { recursive: true });
      await writeFile(join(recordDir, 'started.json'), '{}');
      const program = { spec, command, recordDir, asked: [] };
      programs.set(spec.id, program);
      running.add(spec.id);
      for (const waiter of waiting) if (programs.size >= waiter.count) waiter.resolve(program);
    },
    async kill(id, how) {
      programs.get(id)?.asked.push(how);
    },
    isRunning: async (id) => running.has(id),
    async end(id, end) {
      const { recordDir } = programs.get(id) as HeldProgram;
      await writeFile(join(recordDir, 'stdout'), end.stdout ?? '');
      await writeFile(join(recordDir, 'stderr'), end.stderr ?? '');
      await writeFile(join(recordDir, 'ended.tmp'), JSON.stringify(endRecord(end)));
      await rename(join(recordDir, 'ended.tmp'), join(recordDir, 'ended.json'));
      running.delete(id);
    },
    vanish: (id) => void running.delete(id),
    started: (count) =>
      new Promise((resolve) => {
        if (programs.size >= count) resolve([...programs.values()][count - 1] as HeldProgram);
        else waiting.push({ count, resolve });
      }),
  };
  return driver;
}

function endRecord(end: {
  reason?: StopReason;
  code?: number | null;
  signal?: string;
  oomKills?: number;
}): SupervisedEnd {
  const now = Date.now();
  return {
    reason: end.reason ?? 'exit',
    code: end.code === undefined ? 0 : end.code,
    signal: end.signal ?? null,
    startedAt: now - 1_000,
    endedAt: now,
    usage: { wallMs: 1_000, cpuMs: 500, maxMemoryBytes: 1, oomKills: end.oomKills ?? 0, pidsHits: 0, bytesOut: 0 },
  };
}
