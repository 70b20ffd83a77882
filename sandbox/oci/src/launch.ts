import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { must } from '@slowlane/driver-kit';
import type { Ended, Launched, LaunchPlan } from '@slowlane/driver-kit';
import { adopt } from './adopt.ts';
import { attach } from './attach.ts';
import { demultiplex } from './demultiplex.ts';
import { connectEngine, engineLost } from './engine.ts';
import type { Engine } from './engine.ts';

export interface OciPlan {
  engine: Engine;
  container: Docker.ContainerCreateOptions;
  /** Cgroups of the sandbox. */
  cgroupFolders: readonly string[];
  /** A named pipe that the container waits at; made here. */
  gate: { path: string; uid: number };
  /** Keep the program waiting until `release` is called. */
  isHeld: boolean;
}

/** Makes, attaches and starts a container. It waits at its gate until it is under the limits of its sandbox. */
export async function launch(given: LaunchPlan, { hasStdin }: { hasStdin: boolean }): Promise<Launched> {
  const plan = given as OciPlan;
  const gate = await openGate(plan.gate);
  try {
    const container = await makeContainer(plan, hasStdin);
    const socket = await attach(plan.engine.socketPath, container.id, hasStdin);
    const { stdout, stderr } = demultiplex(socket);
    await container.start();
    const pid = (await container.inspect()).State.Pid;
    adopt(pid, plan.cgroupFolders);
    const exited = endOf(container).finally(() => gate.close());
    exited.catch(() => undefined).finally(() => removeWhenRead(container, socket));
    if (!plan.isHeld) gate.open();
    return {
      stdin: hasStdin ? socket : null,
      stdout,
      stderr,
      initPid: Promise.resolve(pid === 0 ? undefined : pid),
      exited,
      release: gate.open,
      kill: () => void killProcess(pid),
    };
  } catch (cause) {
    gate.close();
    throw engineLost(plan.engine, cause);
  }
}

async function makeContainer(plan: OciPlan, hasStdin: boolean): Promise<Docker.Container> {
  return connectEngine(plan.engine).createContainer({
    ...plan.container,
    ...{ AttachStdin: hasStdin, OpenStdin: hasStdin, StdinOnce: hasStdin },
    ...{ AttachStdout: true, AttachStderr: true, Tty: false },
  });
}

interface Gate {
  open(): void;
  close(): void;
}

/** Held open for both ways by us, so that neither side ever waits for the other to come. */
async function openGate({ path, uid }: OciPlan['gate']): Promise<Gate> {
  await must(['/usr/bin/mkfifo', '-m', '0400', '--', path]);
  await must(['/bin/chown', String(uid), '--', path]);
  let descriptor: number | undefined = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return {
    open: () => {
      if (descriptor !== undefined) writeSync(descriptor, '\n');
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      rmSync(path, { force: true });
    },
  };
}

async function endOf(container: Docker.Container): Promise<Ended> {
  const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
  return { exit: { exitCode: code, signal: null }, exitCode: code };
}

/** What the engine still holds of the output goes with the container. What is left after a slow reader is removed with the sandbox. */
function removeWhenRead(container: Docker.Container, socket: Duplex): void {
  const remove = (): void => void container.remove({ force: true, v: true }).catch(() => undefined);
  if (socket.readableEnded || socket.destroyed) remove();
  else socket.once('close', remove);
}

function killProcess(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // ended in between
  }
}
