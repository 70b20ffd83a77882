import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type SlowLaneEvent, requestEndEvents } from '@slowlane/contracts';
import { type NodeProcess, type TestRedis, createMemoryLogger, sampleRequest, startNode } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { openQueue } from '../index.ts';
import type { Queue } from '../queue.ts';
import { scriptFolder } from '../redis/scripts.ts';

/** Loaded so that each of these binds at some time: with an even load only the global limit would, and "never over" would prove little. */
const limits = { '*': 14, 'op:o0': 2, 'op:o1': 2, 'op:o2': 4, 'pool:p0': 5, 'pool:p1': 4, 'res:erp': 3 };

/** Where a submission is cut off; `called` = the run may exist and nobody here knows its id. */
export const points = ['claimed', 'intended', 'called', 'bound', 'ended'] as const;
/** The truth is kept here, outside: which run belongs to which token, and what runs at the same time. */
export async function startWorkspace(runMs: number) {
  const runs = new Map<string, { id: string; endsAt: number; dimensions: Record<string, number> }>();
  const peaks: Record<string, number> = {};
  let repeated = 0;

  function run({ token, dimensions }: { token: string; dimensions: Record<string, number> }): { runId: string } {
    const known = runs.get(token);
    if (known !== undefined) {
      repeated++;
      return { runId: known.id };
    }
    const started = { id: `run${runs.size}`, endsAt: Date.now() + runMs * (0.5 + Math.random()), dimensions };
    runs.set(token, started);
    measure();
    return { runId: started.id };
  }
  function measure(): void {
    const now: Record<string, number> = {};
    for (const { endsAt, dimensions } of runs.values()) {
      if (endsAt < Date.now()) continue;
      for (const [dimension, weight] of Object.entries({ '*': 1, ...dimensions }))
        now[dimension] = (now[dimension] ?? 0) + weight;
    }
    for (const [dimension, weight] of Object.entries(now)) peaks[dimension] = Math.max(peaks[dimension] ?? 0, weight);
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(String(Buffer.concat(chunks)));
      const answer =
        request.url === '/run'
          ? run(body)
          : { ended: [...runs.values()].some(({ id, endsAt }) => id === body.runId && endsAt <= Date.now()) };
      setTimeout(() => response.end(JSON.stringify(answer)), Math.random() * 30);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const overLimit = (): string[] =>
    Object.entries(limits).flatMap(([name, limit]) =>
      (peaks[name] ?? 0) > limit ? [`${name}: ${peaks[name]} > ${limit}`] : [],
    );
  return {
    url: `http://127.0.0.1:${port}`,
    runs,
    peaks,
    overLimit,
    repeated: () => repeated,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

/** Nodes that are started again whenever they die, each life with the next point to die at; when these are used up they live. */
function keepAlive(count: number, args: string[], { folders, deaths }: Pick<Storm, 'folders' | 'deaths'>) {
  let starts = 0;
  const alive = new Set<NodeProcess>();
  let ending = false;
  let kills = 0;
  async function keep(): Promise<void> {
    for (let life = 0; !ending; life++) {
      const death = deaths.shift();
      const fate = death === undefined ? [] : [death, String(1 + (life % 3))];
      const node = startNode(join(import.meta.dirname, 'mortal-node.ts'), [
        ...args,
        folders[starts++ % folders.length] ?? scriptFolder,
        `node${deaths.length}.${life}`,
        ...fate,
      ]);
      alive.add(node);
      const { signal, exitCode } = await node.exited;
      alive.delete(node);
      if (!ending && signal !== 'SIGKILL') throw new Error(`node ended with ${exitCode}: ${node.lines.join('\n')}`);
      if (!ending) kills++;
    }
  }
  const keeping = Promise.all(Array.from({ length: count }, keep));
  keeping.catch(() => undefined);
  return {
    kills: () => kills,
    async end(): Promise<void> {
      ending = true;
      for (const node of alive) node.kill();
      await keeping;
    },
  };
}

export interface Storm {
  requests: number;
  /** Where the nodes have their scripts from; each start of a node takes the next. */
  folders: readonly string[];
  deaths: string[];
  runMs: number;
  stopAt?: (workspace: { overLimit(): string[] }) => boolean;
  killRedis?: boolean;
}

/** Accepts requests, lets nodes work on them and die, and tells what the workspace outside has seen. Redis is emptied first. */
export async function storm(redis: TestRedis, options: Storm) {
  await flush(redis);
  const workspace = await startWorkspace(options.runMs);
  const queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
  await queue.gate.declare(limits);
  const ids = new Set<string>();
  let parts = 0;
  let killRedis = options.killRedis === true;
  for (let at = 0; at < options.requests; at++) {
    const dimensions = { [`op:o${at % 3}`]: 1, [`pool:p${at % 2}`]: 1, ...(at % 4 === 0 ? { 'res:erp': 2 } : {}) };
    const { request } = await queue.requests.accept(sampleRequest({ body: { parts: 1 + (at % 2), dimensions } }));
    ids.add(request.id);
    parts += 1 + (at % 2);
  }
  const nodes = keepAlive(3, [redis.url, workspace.url], options);
  const ends: SlowLaneEvent[] = [];
  try {
    for (let after = '0-0'; ends.length < ids.size && options.stopAt?.(workspace) !== true;) {
      const events = await queue.events.read(after, 1_000, 500).catch(() => pause(100).then(() => []));
      after = events.at(-1)?.id ?? after;
      ends.push(...events.filter(({ type }) => (requestEndEvents as readonly string[]).includes(type)));
      if (killRedis && ends.length > ids.size / 2) {
        killRedis = false;
        await redis.kill();
        await redis.restart();
      }
    }
    return { queue, workspace, ends, ids, parts, kills: nodes.kills(), left: await leftovers(redis, queue) };
  } finally {
    await nodes.end();
    workspace.close();
    await queue.close();
  }
}

async function leftovers(redis: TestRedis, queue: Queue): Promise<Record<string, number>> {
  const raw = new Redis(redis.url);
  const left: Record<string, number> = {};
  for (const { dimension, inUse, waiting } of await queue.gate.list())
    if (inUse !== 0 || waiting !== 0) left[dimension] = inUse + waiting;
  for (const set of ['lease', 'watch', 'cancels', 'heads']) {
    const count = await raw.zcard(`{sl}:gate:${set}`);
    if (count > 0) left[set] = count;
  }
  raw.disconnect();
  return left;
}

async function flush(redis: TestRedis): Promise<void> {
  const raw = new Redis(redis.url);
  await raw.flushall();
  raw.disconnect();
}
