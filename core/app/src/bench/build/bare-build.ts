import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { GatewayDoor, PlanStep } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import { time } from '../figures.ts';
import { type BenchProject, type BuildRig, isSource } from './build-rig.ts';

/** The same tools with the same command lines on the bare machine, in a folder of their own. */
export interface BareBuild {
  /** From nothing: what an author's first build does, fetching through the same gateway. Milliseconds. */
  cold(): Promise<number>;
  /** Changed source, all dependencies there, no network. Milliseconds; laying out the source is not counted. */
  warm(): Promise<number>;
  close(): Promise<void>;
}

export async function openBareBuild(rig: BuildRig, project: BenchProject, name: string): Promise<BareBuild> {
  const work = join(rig.folder, name);
  const door = await rig.gateway.open({ id: `bare-${name}`, registries: project.plan.registries });
  const server = await forward(door);
  const local = localise(rig, { work, port: server.port });
  const stepsOf = (phase: PlanStep['phase']): PlanStep[] => project.plan.steps.filter((step) => step.phase === phase);
  return {
    async cold() {
      rmSync(work, { recursive: true, force: true });
      layOut(project, work, local);
      return time(async () => {
        for (const step of stepsOf('resolve')) await runBare(step, { work, local, isOnline: true });
      });
    },
    async warm() {
      layOut(project, work, local);
      return time(async () => {
        for (const step of stepsOf('build')) await runBare(step, { work, local, isOnline: false });
      });
    },
    async close() {
      await server.close();
      await door.close();
    },
  };
}

type Localise = (text: string) => string;

/** The sandbox's paths as the machine's, and the gateway at the port where it is forwarded. */
function localise({ installation: { paths } }: BuildRig, at: { work: string; port: number }): Localise {
  return (text) =>
    text
      .replaceAll('${sourceDateEpoch}', '1700000000')
      .replaceAll('${memoryMb}', '4096')
      .replaceAll('${cpus}', '2')
      .replaceAll('127.0.0.1:3128', `127.0.0.1:${at.port}`)
      .replaceAll('127\\.0\\.0\\.1:3128', `127\\.0\\.0\\.1:${at.port}`)
      .replaceAll('/work', at.work)
      .replaceAll('/opt/sbt/sbt-launch.jar', paths.sbtLauncher);
}

function layOut({ source, plan }: BenchProject, work: string, local: Localise): void {
  for (const name of ['src', 'out']) rmSync(join(work, name), { recursive: true, force: true });
  for (const name of ['home', 'out']) mkdirSync(join(work, name), { recursive: true });
  cpSync(source, join(work, 'src'), {
    recursive: true,
    filter: (path) => path === source || isSource(path.slice(source.length + 1)),
  });
  for (const { path, content } of plan.files) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), local(content));
  }
}

async function runBare(
  step: PlanStep,
  { work, local, isOnline }: { work: string; local: Localise; isOnline: boolean },
): Promise<void> {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: join(work, 'home'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // sbt puts a socket there, else into a folder of /tmp that another user may own.
    XDG_RUNTIME_DIR: work,
    ...Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, local(value)])),
  };
  // No network here either: a tool that waits for a name server would flatter us.
  const alone = isOnline ? [] : ['/usr/bin/unshare', '--map-root-user', '--net', '--'];
  const result = await run([...alone, ...step.argv.map(local)], {
    cwd: join(work, 'src', step.cwd),
    env,
    maxOutputBytes: 64 * 2 ** 20,
  });
  if (!result.ok)
    throw new Error(
      `bare ${step.name} ended with ${result.exitCode}:\n${(result.stdout + result.stderr).slice(-4_000)}`,
    );
}

/** A door of the gateway at a port of the loopback interface, as a sandbox has it. */
async function forward({ socketPath }: GatewayDoor): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((client) => {
    const inner = connect(socketPath);
    client.on('error', () => inner.destroy());
    inner.on('error', () => client.destroy());
    client.pipe(inner).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
