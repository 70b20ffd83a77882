import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type Json,
  type Logger,
  type MediatorModule,
  type ModuleHost,
  type RootSpec,
  type SandboxDriver,
  SlowLaneError,
} from '@slowlane/contracts';
import { heapOption, hostSpec } from './host-spec.ts';
import { inside } from './mounts.ts';
import { type PluginProcess, startPluginProcess } from './plugin-process.ts';
import { createProcessPool } from './process-pool.ts';
import type { Reply } from './schema.ts';

export interface ModuleHostOptions {
  driver: Pick<SandboxDriver, 'create'>;
  /** Root with Node 24 at `/opt/node/bin/node`. */
  root: RootSpec;
  /** Most processes at a time (default 4); each serves one module. */
  size?: number;
  /** Limit of one call, and of loading the module (default 5,000 ms). */
  callTimeoutMs?: number;
  /** Limit of one process (default 192 MiB). */
  memoryBytes?: number;
  /** Where Node and the runner are, for a driver without a root of its own. */
  paths?: { node: string; runner: string };
  logger: Logger;
}

const maxAnswerBytes = 4_194_304;
const idleMs = 60_000;
export const moduleRunner = join(import.meta.dirname, 'module-runner.ts');
const runnerInside = `${inside}/sandbox/pluginhost/src/module-runner.ts`;

/** See the port `ModuleHost`. Starts no process before the first call; ends one that was idle for a minute. */
export function startModuleHost(options: ModuleHostOptions): ModuleHost {
  const known = new Map<string, MediatorModule>();
  const exported = new Map<string, string[]>();
  const pool = createProcessPool({
    size: options.size ?? 4,
    idleMs,
    start: async (key) => startModule(options, known.get(key) as MediatorModule),
    onEndFailed: (error) => options.logger.error({ error: String(error) }, 'a module process could not be ended'),
  });

  async function run(module: MediatorModule, method: string, args: readonly Json[]): Promise<Json> {
    const key = keyOf(module);
    known.set(key, module);
    try {
      const reply = await pool.with(key, async (process) => {
        exported.set(key, process.loaded.answer as string[]);
        return method === 'load' ? process.loaded : process.call(method, args);
      });
      return answerOf(module, method, reply);
    } catch (error) {
      throw told(module, method, error);
    } finally {
      if (known.size > 1_000) known.clear();
      if (exported.size > 1_000) exported.clear();
    }
  }
  return {
    async functionsOf(module) {
      const found = exported.get(keyOf(module));
      return found ?? ((await run(module, 'load', [])) as string[]);
    },
    call: (module, name, args) => run(module, name, args),
    close: () => pool.close(),
  };
}

async function startModule(options: ModuleHostOptions, module: MediatorModule): Promise<PluginProcess> {
  const memoryBytes = options.memoryBytes ?? 201_326_592;
  const { node, runner } = options.paths ?? { node: '/opt/node/bin/node', runner: runnerInside };
  const process = await startPluginProcess({
    driver: options.driver as SandboxDriver,
    spec: hostSpec('module', {
      root: options.root,
      mounts: [{ kind: 'ro', source: moduleRunner, target: runnerInside }],
      memoryBytes,
      pids: 32,
    }),
    pluginId: module.name,
    argv: [
      node,
      // The sandbox is the wall; this only makes an attempt fail loudly.
      '--permission',
      `--allow-fs-read=${runner}`,
      '--disable-warning=ExperimentalWarning',
      heapOption(memoryBytes),
      runner,
    ],
    timeoutMs: options.callTimeoutMs ?? 5_000,
    maxAnswerBytes,
  });
  try {
    const loaded = await process.call('load', [module.code]);
    answerOf(module, 'load', loaded);
    return { ...process, loaded };
  } catch (error) {
    await process.end();
    throw error;
  }
}

/** By text, so that two operations with the same module share a process, and a changed module never meets an old one. */
function keyOf({ code }: MediatorModule): string {
  return createHash('sha256').update(code).digest('hex');
}

function answerOf(module: MediatorModule, method: string, reply: Reply): Json {
  if (reply.threw !== undefined) throw failed(module, `${method === 'load' ? '' : `${method}: `}${reply.threw}`);
  if (reply.answer === undefined) throw failed(module, `${method} returned nothing`);
  return reply.answer as Json;
}

function told(module: MediatorModule, method: string, error: unknown): unknown {
  if (!(error instanceof SlowLaneError)) return error;
  if (error.code === 'sandbox.unavailable')
    return new SlowLaneError('mediate.host-unavailable', `${module.name}: ${error.message}`, { cause: error });
  if (error.code !== 'plugin.failed') return error;
  return failed(module, `${method}: ${error.message.replace(`plugin ${module.name} `, '')}`);
}

function failed({ name }: MediatorModule, problem: string): SlowLaneError {
  return new SlowLaneError('mediate.failed', `${name}: ${problem}`, {
    hint: 'Try it with: slowlane operation test FILE',
    data: { module: name },
  });
}
