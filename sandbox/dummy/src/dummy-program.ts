import { closeSync, mkdirSync } from 'node:fs';
import { Transform } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import type { Running, SandboxCommand, SandboxEnd, SandboxSpec, StopReason } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import type { Exit } from '@slowlane/process';
import type { DummyState } from './dummy-state.ts';

export interface DummyProgram extends Running {
  stop(reason: StopReason): void;
  /** Asks it to end. */
  term(): void;
}

/** Starts a program in the sandbox's folder and keeps its limits of time and output. `onFull: cut` lets it go on. */
export async function startDummyProgram(
  state: DummyState,
  where: { spec: SandboxSpec; work: string; onFull: 'stop' | 'cut' },
  command: SandboxCommand,
): Promise<DummyProgram> {
  const { spec, work } = where;
  const [input, output, errors] = await Promise.all([state.fifos.input(), state.fifos.output(), state.fifos.output()]);
  const startedAt = performance.now();
  const child = start(argvOf(state, command), {
    cwd: folderOf(work, command.cwd),
    env: { PATH: '/usr/bin:/bin', ...spec.env, ...command.env },
    stdin: input.theirs,
    stdout: output.theirs,
    stderr: errors.theirs,
    ownGroup: true,
  });
  for (const descriptor of [input.theirs, output.theirs, errors.theirs]) closeSync(descriptor);
  let reason: StopReason | undefined;
  let bytesOut = 0;
  const stop = (why: StopReason): void => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  const wall = setTimeout(() => stop('timeout'), spec.limits.wallMs);
  const idle = spec.limits.idleMs === undefined ? undefined : setTimeout(() => stop('idle'), spec.limits.idleMs);
  const stdout = capped(output.ours);
  const stderr = capped(errors.ours);
  input.ours.on('error', () => undefined);
  return {
    stdin: input.ours as Writable,
    stdout,
    stderr,
    done: child.exited.then(finish),
    stop,
    term: () => void child.kill('SIGTERM'),
  };

  async function finish(exit: Exit): Promise<SandboxEnd> {
    clearTimeout(wall);
    clearTimeout(idle);
    child.kill('SIGKILL'); // what it left behind in its group
    input.ours.destroy();
    await state.answer();
    return endOf(state, { exit, reason, wallMs: Math.round(performance.now() - startedAt), bytesOut });
  }

  function capped(source: Readable): Readable {
    const limit = spec.limits.outputBytes;
    let seen = 0;
    source.on('data', () => idle?.refresh());
    const cap = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const room = limit - seen;
        seen += chunk.length;
        bytesOut += chunk.length;
        if (state.dials.loseLog === true || room < 0) return done();
        if (chunk.length <= room) return done(null, chunk);
        if (where.onFull === 'stop') stop('output');
        const mark = where.onFull === 'cut' ? `\n[slow lane: output cut at ${limit} bytes]\n` : '';
        done(null, Buffer.concat([chunk.subarray(0, room), Buffer.from(mark)]));
      },
    });
    source.pipe(cap);
    // A reader that has lost interest must not hold the program up. Only after `pipe`, whose own end pauses the source.
    cap.once('close', () => source.resume());
    return cap;
  }
}

function argvOf(state: DummyState, command: SandboxCommand): readonly string[] {
  return state.dials.sleepMs === undefined ? command.argv : ['/bin/sleep', String(state.dials.sleepMs / 1_000)];
}

function folderOf(work: string, cwd: string | undefined): string {
  const folder = cwd === undefined || !/^\/work(\/|$)/.test(cwd) ? work : `${work}${cwd.slice('/work'.length)}`;
  mkdirSync(folder, { recursive: true });
  return folder;
}

interface EndFacts {
  exit: Exit;
  reason: StopReason | undefined;
  wallMs: number;
  bytesOut: number;
}

function endOf(state: DummyState, { exit, reason, wallMs, bytesOut }: EndFacts): SandboxEnd {
  const usage = { wallMs, cpuMs: 0, maxMemoryBytes: 0, oomKills: 0, pidsHits: 0, bytesOut };
  const how = { code: exit.exitCode, signal: exit.signal, usage };
  if (reason !== undefined) return { reason, ...how };
  if (state.dials.outOfMemory === true)
    return { reason: 'oom', code: null, signal: 'SIGKILL', usage: { ...usage, oomKills: 1 } };
  if (state.dials.exitCode !== undefined) return { reason: 'exit', code: state.dials.exitCode, signal: null, usage };
  return { reason: exit.signal === null ? 'exit' : 'signal', ...how };
}
