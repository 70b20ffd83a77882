import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArtifactManifest, BuildPlan, SlowLaneError, TaskSettings } from '@slowlane/contracts';
import type { Logger, PluginHost, PluginManifest, RootSpec, SandboxDriver, SandboxMount } from '@slowlane/contracts';
import { inTurns, nearest } from '@slowlane/kit';
import { checkAnswer, pluginFailed } from './check-answer.ts';
import { heapOption, hostSpec } from './host-spec.ts';
import { knownManifests } from './known-manifests.ts';
import { inside, placeInside, pluginMounts } from './mounts.ts';
import { escapingPath } from './plan-paths.ts';
import { startPluginProcess } from './plugin-process.ts';
import { createProcessPool } from './process-pool.ts';
import { DetectionAnswer, ManifestAnswer } from './schema.ts';
import type { AnswerSchema } from './schema.ts';

export interface PluginHostOptions {
  driver: SandboxDriver;
  /** Root with Node 24 at `/opt/node/bin/node`. */
  root: RootSpec;
  /** Folder of this repository: plugins see `core/contracts`, `core/kit` and what those depend on, nothing else of it. */
  repositoryDir: string;
  /** Folders are absolute, or relative to `repositoryDir`. `signsAs`: what it calls itself in its answers, default `id`; callers see `id`. */
  plugins: readonly { id: string; folder: string; signsAs?: string }[];
  /** Most processes at a time (default 4). */
  size?: number;
  /** Limit of one call, and of loading the plugin (default 10,000 ms). */
  callTimeoutMs?: number;
  /** Limit of one process (default 256 MiB). */
  memoryBytes?: number;
  /** Node of this machine, for a driver without a root of its own: plugins are then where they are. */
  local?: { node: string };
  logger: Logger;
}

const maxAnswerBytes = 4_194_304;
const idleMs = 60_000;

/** See the port `PluginHost`. Starts no process before the first call; ends one that was idle for a minute. */
export async function startPluginHost(options: PluginHostOptions): Promise<PluginHost> {
  const mounts = new Map<string, SandboxMount[]>();
  for (const plugin of options.plugins) mounts.set(plugin.id, await pluginMounts(options.repositoryDir, plugin));
  // All at once they would share the processors, and a slow machine would take the wait of the last one for a plugin that hangs.
  const turn = inTurns(2);
  const pool = createProcessPool({
    size: options.size ?? 4,
    idleMs,
    start: (pluginId) => turn(() => start(options, pluginId, mounts.get(pluginId) as SandboxMount[])),
    onEndFailed: (error) => options.logger.error({ error: String(error) }, 'a plugin process could not be ended'),
  });

  async function call<T>(
    plugin: string,
    method: string,
    schema: AnswerSchema<T>,
    args: readonly unknown[],
  ): Promise<T> {
    if (!mounts.has(plugin)) throw unknownPlugin(plugin, [...mounts.keys()]);
    const reply = await pool.with(plugin, (process) => process.call(method, args));
    return checkAnswer(reply, { plugin, method, schema });
  }

  const named = (id: string): Named => options.plugins.find((plugin) => plugin.id === id) ?? { id };

  return {
    manifests: knownManifests(
      options.plugins,
      (plugin) => pool.with(plugin.id, async ({ loaded }) => manifestOf(plugin, loaded.answer)),
      options.logger,
    ),
    detect: (plugin, tree) => call(plugin, 'detect', DetectionAnswer, [tree]),
    plan: async (plugin, tree, config) =>
      checkPlan(named(plugin), await call(plugin, 'plan', BuildPlan, [tree, config])),
    inspect: async (plugin, artifact, expectation) =>
      checkOwner(named(plugin), await call(plugin, 'inspect', ArtifactManifest, [artifact, expectation])),
    task: (plugin, manifest, published, expectation) =>
      call(plugin, 'task', TaskSettings, [
        { ...manifest, plugin: named(plugin).signsAs ?? plugin },
        published,
        expectation,
      ]),
    close: () => pool.close(),
  };
}

function start(
  options: PluginHostOptions,
  pluginId: string,
  mounts: SandboxMount[],
): ReturnType<typeof startPluginProcess> {
  const memoryBytes = options.memoryBytes ?? 268_435_456;
  return startPluginProcess({
    driver: options.driver,
    spec: hostSpec('plugin', { root: options.root, mounts, memoryBytes, pids: 64 }),
    pluginId,
    argv: options.local === undefined ? argvInside(pluginId, memoryBytes) : argvHere(options, pluginId, memoryBytes),
    timeoutMs: options.callTimeoutMs ?? 10_000,
    maxAnswerBytes,
  });
}

function argvInside(pluginId: string, memoryBytes: number): string[] {
  return [
    '/opt/node/bin/node',
    // The sandbox is the wall; this only makes an attempt fail loudly.
    '--permission',
    `--allow-fs-read=${inside}/*`,
    heapOption(memoryBytes),
    `${inside}/sandbox/pluginhost/src/runner.ts`,
    `${placeInside(pluginId)}/src/index.ts`,
  ];
}

function argvHere(
  { local, repositoryDir, plugins }: PluginHostOptions,
  pluginId: string,
  memoryBytes: number,
): string[] {
  const plugin = plugins.find(({ id }) => id === pluginId);
  const folder = realpathSync(resolve(repositoryDir, plugin?.folder ?? pluginId));
  return [
    local?.node as string,
    '--disable-warning=ExperimentalWarning',
    '--permission',
    `--allow-fs-read=${realpathSync(repositoryDir)}/*`,
    `--allow-fs-read=${folder}/*`,
    heapOption(memoryBytes),
    '--import',
    join(import.meta.dirname, 'resolve-shared.ts'),
    join(import.meta.dirname, 'runner.ts'),
    join(folder, 'src/index.ts'),
  ];
}

/** What a plugin is called here, and what it calls itself where that is something else. */
interface Named {
  id: string;
  signsAs?: string;
}

function manifestOf({ id, signsAs = id }: Named, answer: unknown): PluginManifest {
  const manifest = checkAnswer({ id: '', answer }, { plugin: id, method: 'manifest', schema: ManifestAnswer });
  if (manifest.id !== signsAs) throw pluginFailed(id, `calls itself "${manifest.id}" in its manifest`);
  return { ...manifest, id };
}

function checkPlan(plugin: Named, plan: BuildPlan): BuildPlan {
  const escaping = escapingPath(plan);
  if (escaping !== undefined) throw pluginFailed(plugin.id, `planned a path outside /work: ${escaping}`);
  return checkOwner(plugin, plan);
}

/** What is stored says which plugin made it, so a plugin must not sign as another. */
function checkOwner<T extends { plugin: string }>({ id, signsAs = id }: Named, value: T): T {
  if (value.plugin !== signsAs) throw pluginFailed(id, `signed its answer as "${value.plugin}"`);
  return { ...value, plugin: id };
}

function unknownPlugin(plugin: string, known: string[]): SlowLaneError {
  const near = nearest(plugin, known);
  return new SlowLaneError('detect.none', `there is no language plugin "${plugin}"`, {
    hint:
      near === undefined
        ? `The plugins are: ${known.join(', ')}`
        : `Did you mean "${near}"? The plugins are: ${known.join(', ')}`,
    data: { candidates: known },
  });
}
