import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pathsOf, readEnvironment } from '@slowlane/config';
import { createDatabricksClient } from '@slowlane/databricks';
import { openLedger } from '@slowlane/ledger';
import { type Started, start } from '@slowlane/process';
import { openQueue } from '@slowlane/queue';
import { scriptNamesByDigest } from '@slowlane/queue/bench';
import { startRedis } from '@slowlane/testkit';
import { freePort } from '../processes/free-port.ts';
import { keptSecret } from '../processes/kept-secret.ts';
import { createLogger } from '../processes/logger.ts';
import { type NodeTask, queueLeaseMs } from './node-task.ts';
import { budget, gates, pricePerHour, register } from './operations.ts';
import type { Order } from './points.ts';
import type { WorkspaceTask } from './workspace-main.ts';

export type Fired = Order & { node: string; at: number };
/** Of one process at one time; bytes. The heap, after a collection, only of nodes of the service. */
export interface MemorySample {
  node: string;
  pid: number;
  at: number;
  rss: number;
  heapUsed?: number;
  external?: number;
}

/** Nodes, Redis and workspace as processes of their own; whoever dies is started again. */
export interface System {
  nodes: ChaosNode[];
  workspace: { url: string; token: string; pid(): number };
  redis: {
    url: string;
    port: number;
    pid(): number;
    /** Kills it, and does not let it come back until the function that it gives is called. */
    takeAway(): Promise<() => Promise<void>>;
  };
  queue: Awaited<ReturnType<typeof openQueue>>;
  ledger: Awaited<ReturnType<typeof openLedger>>;
  token: string;
  callbackUrl: string;
  /** Ids of requests whose end was told, as often as it was. */
  told: Map<string, number>;
  fired(): Fired[];
  samples(): MemorySample[];
  /** Takes a sample of the memory of each process that is there. */
  sample(): void;
  /** Last words of processes that ended without being killed. */
  troubles: string[];
  close(): Promise<void>;
}

export interface ChaosNode {
  name: string;
  url: string;
  /** While it is down: 0. */
  pid(): number;
  send(line: string): void;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface SystemOptions {
  seed: number;
  nodes: number;
  redisArgs?: string[];
  /** A start that takes longer fails, ms. */
  mostMs?: number;
  /** By node: how far its clock is ahead of the machine's, ms. */
  clockOffMs?: readonly number[];
  /** Of one run, ms; by default 100 to 600, as the seed says. */
  runMs?: number;
}

type Endings = (() => Promise<void> | void)[];
/** Processes that have ended by themselves; beyond it none is started again. */
const mostTroubles = 20;

export function isBeyondHelp({ troubles }: System): boolean {
  return troubles.length > mostTroubles;
}

/** Fails when it does not start, with what the processes said last; nothing of it is left then. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const endings: Endings = [];
  const troubles: string[] = [];
  const { mostMs = 120_000 } = options;
  const late = pause(mostMs, undefined, { ref: false }).then(() => {
    throw new Error(`did not start within ${mostMs / 1_000} s: ${troubles.join('\n')}`);
  });
  try {
    return await Promise.race([build(options, { endings, troubles }), late]);
  } catch (error) {
    await endAll(endings);
    throw error;
  }
}

/** The last that was started ends first; one that does not end holds up no other. */
async function endAll(endings: Endings): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings.splice(0).reverse()) {
    const ended = Promise.resolve().then(end);
    await Promise.race([ended, pause(20_000, undefined, { ref: false })]).catch((error) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, `did not end: ${failures.map(String).join(', ')}`);
}

async function build(
  options: SystemOptions,
  { endings, troubles }: { endings: Endings; troubles: string[] },
): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-chaos-'));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const shared = pathsOf({ ...readEnvironment(), home: join(folder, 'shared') });
  mkdirSync(shared.keys, { recursive: true });
  const workspaceToken = keptSecret(join(shared.keys, 'workspace-token'), 'dapi');
  for (const name of ['link-key', 'webhook-key']) keptSecret(join(shared.keys, name));
  const told = new Map<string, number>();
  const callbacks = await listenForCallbacks(told);
  endings.push(callbacks.close);
  const redis = await startRedis({ args: options.redisArgs ?? [] });
  endings.push(() => redis.stop());
  const firedFile = join(folder, 'fired.jsonl');
  const samplesFile = join(folder, 'samples.jsonl');
  const port = await freePort();
  const { seed, runMs, clockOffMs = [] } = options;
  const task: WorkspaceTask = { folder, port, token: workspaceToken, seed, ...(runMs === undefined ? {} : { runMs }) };
  const workspace = keepAlive([here('workspace-main.ts'), JSON.stringify(task)], troubles);
  endings.push(() => workspace.end());
  await workspace.ready;
  const logger = createLogger('chaos', 'error');
  const queue = await openQueue({ url: redis.url, logger, leaseMs: queueLeaseMs });
  endings.push(() => queue.close());
  const ledger = await openLedger({ file: shared.ledger, archiveDir: shared.archive, logger });
  endings.push(() => ledger.close());
  const url = `http://127.0.0.1:${port}`;
  const auth = { token: workspaceToken };
  const client = createDatabricksClient({ host: url, auth, userAgent: 'chaos', logger });
  await client.files.mkdir('/Volumes/main/slowlane/results');
  await register({ ledger, queue, client });
  await client.close();
  const { secret } = await ledger.tokens.create({ name: 'chaos', scopes: ['admin'], expiresAt: undefined });

  const config = {
    redis: { url: redis.url },
    workspaces: { local: { kind: 'local', port } },
    pools: {
      default: { num_workers: 0, node_type_id: 'local' },
      ...{
        small: { num_workers: 0, price_per_hour: pricePerHour },
        large: { num_workers: 0, price_per_hour: pricePerHour },
      },
      warm: {
        ...{ num_workers: 0, node_type_id: 'local', price_per_hour: pricePerHour },
        ...{ max: 1, idle_minutes: 0.02, parts_per_cluster: 1 },
      },
    },
    gates,
    budgets: { [budget.tenant]: { per_month: budget.perMonth, then: 'postpone' } },
    policy: { callbacks: [new URL(callbacks.url).host] },
  };
  const nodes = await Promise.all(
    Array.from({ length: options.nodes }, async (_, index): Promise<ChaosNode> => {
      const name = `node${index}`;
      const listen = { host: '127.0.0.1', port: await freePort() };
      const nodeTask: NodeTask = {
        ...{ name, home: join(folder, name), shared: shared.home, config: { ...config, listen } },
        ...{ scripts: scriptNamesByDigest(queueLeaseMs), firedFile, samplesFile },
        ...(clockOffMs[index] === undefined ? {} : { clockOffMs: clockOffMs[index] }),
      };
      const argv = ['--import', here('preload.ts'), here('node-main.ts'), JSON.stringify(nodeTask)];
      const keeper = keepAlive(argv, troubles);
      endings.push(() => keeper.end());
      await keeper.ready;
      return { name, url: `http://127.0.0.1:${listen.port}`, pid: keeper.pid, send: keeper.send };
    }),
  );
  // Redis is watched by its process: ours to start again.
  let ending = false;
  let reviving = false;
  const guard = setInterval(() => {
    if (ending || reviving || isRunning(redis.pid)) return;
    reviving = true;
    void redis
      .kill()
      .then(() => redis.restart())
      .catch((error: unknown) => troubles.push(`redis: ${String(error)}`))
      .finally(() => (reviving = false));
  }, 50);
  endings.push(async () => {
    ending = true;
    clearInterval(guard);
    // One that comes back after its end would stay for ever.
    while (reviving) await pause(20);
  });
  return {
    ...{ nodes, queue, ledger, token: secret, told, troubles, callbackUrl: callbacks.url },
    workspace: { url, token: workspaceToken, pid: workspace.pid },
    redis: {
      url: redis.url,
      port: redis.port,
      pid: () => (reviving || !isRunning(redis.pid) ? 0 : redis.pid),
      async takeAway() {
        reviving = true;
        await redis.kill();
        return () => redis.restart().finally(() => (reviving = false));
      },
    },
    fired: () => linesOf<Fired>(firedFile),
    samples: () => linesOf<MemorySample>(samplesFile),
    sample() {
      for (const node of nodes) node.send('sample');
      for (const [name, pid] of [
        ['redis', redis.pid],
        ['workspace', workspace.pid()],
      ] as const) {
        const rss = residentBytes(pid);
        const one: MemorySample = { node: name, pid, at: Date.now(), rss: rss ?? 0 };
        if (rss !== undefined) appendFileSync(samplesFile, `${JSON.stringify(one)}\n`);
      }
    },
    close: () => endAll(endings),
  };
}

/** A program of ours that is started again as often as it dies; one that ends by itself is told as trouble. */
function keepAlive(args: readonly string[], troubles: string[]) {
  let current: Started | undefined;
  let ending = false;
  let isReady = false;
  let sayReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (sayReady = resolve));
  const loop = (async () => {
    while (!ending) {
      const started = start([process.execPath, '--disable-warning=ExperimentalWarning', ...args], {
        inheritEnv: true,
        stdin: 'pipe',
      });
      current = started;
      started.stdin?.on('error', () => undefined);
      const words: string[] = [];
      for (const stream of [started.stdout, started.stderr])
        createInterface({ input: stream as NonNullable<typeof stream> }).on('line', (line) => {
          if (line !== 'ready') return void (words.push(line) > 30 && words.shift());
          isReady = true;
          sayReady();
        });
      const { signal, exitCode } = await started.ended;
      // A node does not start while Redis is away: whoever starts it tries again, as here.
      const isEarly = !isReady && words.some((line) => line.includes("'queue.unavailable'"));
      isReady = false;
      if (!ending && signal !== 'SIGKILL' && !isEarly)
        troubles.push(`ended with ${exitCode ?? signal}: ${words.slice(-12).join('\n')}`);
      if (troubles.length > mostTroubles) return;
    }
  })();
  return {
    ready,
    pid: () => (isReady ? (current?.pid ?? 0) : 0),
    send: (line: string) => void current?.stdin?.write(`${line}\n`),
    async end() {
      ending = true;
      current?.kill('SIGKILL');
      await loop;
    },
  };
}

async function listenForCallbacks(told: Map<string, number>): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const id = /req_[0-9A-Z]{26}/.exec(String(Buffer.concat(chunks)))?.[0] ?? 'unknown';
      told.set(id, (told.get(id) ?? 0) + 1);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/told`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Undefined for a process that is not there. */
function residentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1_024;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function linesOf<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  // A line that is being written has no end yet.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
