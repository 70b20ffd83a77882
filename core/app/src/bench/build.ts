import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { registryAddresses } from '@slowlane/config';
import { archiveLimits, extractTar, packFolder } from '@slowlane/archive';
import { type BuildPlan, findRuntime, type PlanStep, type Sandbox, type TreeSnapshot } from '@slowlane/contracts';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { createGateway } from '@slowlane/gateway';
import { connectHelper } from '@slowlane/helper';
import { startPluginHost } from '@slowlane/pluginhost';
import { run } from '@slowlane/process';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { upstreams } from '../ground/ground.ts';
import { pluginFolders } from '../plugins.gen.ts';
import { type Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';
import { templateFolder } from '../demo/repositories.ts';
import { alternate, type Figure, ratioFigure } from './figures.ts';
import { benchSpec } from './spec.ts';

const projects = [
  {
    language: 'scala-sbt',
    template: 'driver-scala-sbt',
    touch: 'src/main/scala/org/example/delays/Main.scala',
    comment: '//',
  },
  { language: 'python', template: 'driver-python-wheel', touch: undefined, comment: '#' },
];

/** The build phase of a changed project with known dependencies: in the sandbox, and as the same command line on the bare machine with the same caches. */
export async function benchBuild(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const project of projects) {
    say(`${project.language}: resolve once, then build in turn`);
    figures.push(await benchProject(installation, project));
  }
  return figures;
}

async function benchProject(installation: Installation, project: (typeof projects)[number]): Promise<Figure> {
  const { paths, config, repository } = installation;
  const { root, tools } = await sandboxRoot(paths, config);
  const driver = connectHelper(paths.helperSocket);
  const logger = createLogger('bench', 'error');
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const source = templateFolder(repository, project.template);
  const host = await startPluginHost({ driver, root, repositoryDir: repository, plugins: pluginFolders, logger });
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  mkdirSync(join(folder, 'gw'));
  const gateway = await createGateway({
    stateDir: join(folder, 'gateway'),
    socketsDir: join(folder, 'gw'),
    upstreams: await upstreams({ paths, registries: registryAddresses(config.registries) }),
    caBundle: findCaBundle(config.ca_bundle),
    blobs,
    logger,
  });
  const sandbox = await driver.create(benchSpec(root));
  try {
    const plan = await host.plan(project.language, snapshot(source), {
      runTests: false,
      coverage: false,
      runtime: findRuntime('17.3.x-scala2.13') as never,
      main: undefined,
      artifact: undefined,
      options: {},
      toolchains: tools.map(({ name, version }) => ({ name, version })),
    });
    await putSource(sandbox, source, plan);
    const door = await gateway.open({ id: 'bench', registries: plan.registries });
    for (const step of plan.steps.filter(({ phase }) => phase === 'resolve'))
      await execStep(sandbox, step, door.socketPath);
    const bare = join(folder, 'work');
    mkdirSync(bare);
    await sandbox.killAll();
    await copyOut(sandbox, bare, plan);
    const steps = plan.steps.filter(({ phase }) => phase === 'build');
    const built = ['src/target', 'src/build', 'src/dist', 'out/lib', 'out/dist'];
    const ours = async () => {
      await exec(sandbox, ['/bin/rm', '-rf', ...built.map((path) => `/work/${path}`)]);
      for (const step of steps) await execStep(sandbox, step, undefined);
    };
    const raw = async () => {
      for (const path of built) rmSync(join(bare, path), { recursive: true, force: true });
      for (const step of steps) await runBare(step, bare, installation);
    };
    await ours();
    await raw();
    return ratioFigure(
      `${project.language}: sandboxed build against the bare tool, same caches, both from clean and without network`,
      await alternate(5, ours, raw),
      1.1,
    );
  } finally {
    await sandbox.destroy();
    await host.close();
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The resolved work volume as a folder of the machine, generated files with the machine's paths. */
async function copyOut(sandbox: Sandbox, folder: string, plan: BuildPlan): Promise<void> {
  const limits = { ...archiveLimits, maxEntries: 200_000, maxBytes: 4 * 2 ** 30 };
  await extractTar(await sandbox.collect(['home/**', 'src/**', 'out/**']), folder, limits);
  mkdirSync(join(folder, 'out'), { recursive: true });
  for (const { path, content } of plan.files) writeFileSync(join(folder, path), content.replaceAll('/work', folder));
}

async function putSource(sandbox: Sandbox, source: string, plan: BuildPlan): Promise<void> {
  await exec(sandbox, ['/bin/mkdir', '-p', '/work/src', '/work/home', '/work/out']);
  const { stream } = await packFolder(source, isSource);
  const running = await sandbox.exec({ argv: ['/bin/tar', '-x', '-C', '/work/src'], net: { mode: 'none' } });
  running.stdout.resume();
  running.stderr.resume();
  await pipeline(stream, running.stdin);
  await running.done;
  for (const file of plan.files) {
    const path = `/work/${file.path}`;
    await exec(sandbox, ['/bin/mkdir', '-p', path.slice(0, path.lastIndexOf('/'))]);
    const writing = await sandbox.exec({ argv: ['/usr/bin/tee', path], net: { mode: 'none' } });
    writing.stdout.resume();
    writing.stderr.resume();
    writing.stdin.end(file.content);
    await writing.done;
  }
}

async function execStep(sandbox: Sandbox, step: PlanStep, socketPath: string | undefined): Promise<void> {
  await exec(sandbox, step.argv.map(fill), {
    cwd: join('/work/src', step.cwd),
    env: mapValues(step.env, fill),
    socketPath,
  });
}

async function exec(
  sandbox: Sandbox,
  argv: string[],
  options: { cwd?: string; env?: Record<string, string>; socketPath?: string | undefined } = {},
): Promise<void> {
  const net =
    options.socketPath === undefined
      ? ({ mode: 'none' } as const)
      : ({ mode: 'gateway', socketPath: options.socketPath } as const);
  const running = await sandbox.exec({
    argv,
    net,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  running.stdin.end();
  let output = '';
  for (const stream of [running.stdout, running.stderr])
    stream.on('data', (bytes: Buffer) => (output = (output + bytes.toString()).slice(-4_000)));
  const end = await running.done;
  if (end.code !== 0) throw new Error(`${argv.join(' ')} ended with ${end.reason} ${end.code}:\n${output}`);
}

/** The same argv with the sandbox's paths replaced by the machine's. */
async function runBare(step: PlanStep, work: string, { paths }: Installation): Promise<void> {
  const local = (text: string) =>
    fill(text).replaceAll('/work', work).replaceAll('/opt/sbt/sbt-launch.jar', paths.sbtLauncher);
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: join(work, 'home'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // sbt puts a socket there, else into a folder of /tmp that another user may own.
    XDG_RUNTIME_DIR: work,
    ...mapValues(step.env, local),
  };
  // No network here either: a tool that waits for a name server would flatter us.
  const result = await run(['/usr/bin/unshare', '--map-root-user', '--net', '--', ...step.argv.map(local)], {
    cwd: join(work, 'src', step.cwd),
    env,
    maxOutputBytes: 64 * 2 ** 20,
  });
  if (!result.ok)
    throw new Error(
      `bare ${step.name} ended with ${result.exitCode}:\n${(result.stdout + result.stderr).slice(-4_000)}`,
    );
}

function fill(text: string): string {
  return text
    .replaceAll('${sourceDateEpoch}', '1700000000')
    .replaceAll('${memoryMb}', '4096')
    .replaceAll('${cpus}', '2');
}

function mapValues(values: Record<string, string>, map: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

function snapshot(source: string): TreeSnapshot {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => isSource(path) && statSync(join(source, path)).isFile())
    .sort();
  const contents = Object.fromEntries(files.map((path) => [path, readFileSync(join(source, path), 'utf8')]));
  return { entries: files.map((path) => ({ path, size: Buffer.byteLength(contents[path] as string) })), contents };
}

function isSource(path: string): boolean {
  return !/(^|\/)(target|\.bsp|\.git|__pycache__)(\/|$)/.test(path);
}
