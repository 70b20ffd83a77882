import { createDatabricksClient } from '@slowlane/databricks';
import { createKeeper } from '@slowlane/keeper';
import { openQueue } from '@slowlane/queue';

/** What a node is told as JSON in its first argument. */
export interface MortalTask {
  redis: string;
  host: string;
  token: string;
  jobs: string[];
  /** `clusters.create:before`, `book.take:after`, …: it kills itself there with `kill -9`. Absent: it lives. */
  point: string | undefined;
}

/**
 * One node that keeps warm clusters, and tells each point at which its work for clusters waits for something, at its first time. All nodes have one
 * name, so that the lead of a dead one does not have to run out first.
 */
const task = JSON.parse(process.argv[2] ?? '{}') as MortalTask;
const told = new Set<string>();
const tell = (fields: object, words: string): void => void process.stderr.write(`${words} ${JSON.stringify(fields)}\n`);
const logger = { debug() {}, info() {}, warn: tell, error: tell };
const queue = await openQueue({ url: task.redis, logger, leaseMs: 400 });
const client = createDatabricksClient({
  host: task.host,
  auth: { token: task.token },
  userAgent: 'slowlane/test',
  rates: Object.fromEntries(
    ['run-now', 'runs-get', 'runs-list', 'files', 'clusters', 'jobs'].map((name) => [name, Infinity]),
  ),
  logger,
});
const keeper = createKeeper({
  requests: queue.requests,
  registrations: { get: async (id: string) => registrationOf(id.slice(4)) } as never,
  workspace: () => ({ ...client, clusters: mortal('clusters', client.clusters), runs: mortal('runs', client.runs) }),
  workspaces: ['main'],
  blobs: { put: async () => ({ digest: `sha256:${'0'.repeat(64)}`, size: 0 }) } as never,
  events: queue.events,
  node: 'node',
  logger,
  poll: { minMs: 20, maxMs: 50, idleMs: 20 },
  realityMs: 3_600_000,
  leaseMs: 2_000,
  clusters: {
    book: mortal('book', queue.clusters),
    pools: {
      warm: { min: 0, max: 3, idleMs: 100, leaseMs: 3_600_000, startMs: 60_000, partsPerCluster: 1, nodeTypes: [] },
    },
    owner: 'chaos',
    times: { tickMs: 30, readyMs: 30, sweepMs: 200, quietSweepMs: 200, settleMs: 500 },
  },
});
await queue.work(
  {
    submit: ({ partId }, signal) => keeper.submit(partId, signal),
    join: async ({ requestId }) => queue.requests.end(requestId, { state: 'succeeded', files: [] }),
    notify: async () => undefined,
  },
  { tickMs: 100, lostAfterMs: 2_000, lockMs: 1_000 },
);
keeper.start();

function registrationOf(jobId: string): object {
  return { jobId, pool: 'warm', reuse: true, timeoutMs: 0, retries: 5, set: { digest: `sha256:${jobId}` } };
}

function mortal<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(of, property) {
      const value = Reflect.get(of, property) as unknown;
      if (typeof value !== 'function') return value;
      const call = value as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        const label = labelOf(name, String(property), args);
        dieAt(`${label}:before`);
        const answer: unknown = call.apply(of, args);
        return answer instanceof Promise ? answer.finally(() => dieAt(`${label}:after`)) : answer;
      };
    },
  });
}

/** A move is named by what it moves to. */
function labelOf(name: string, method: string, args: unknown[]): string {
  const to = method === 'move' ? (args[2] as { state?: string }).state : undefined;
  return to === undefined ? `${name}.${method}` : `${name}.${method}-${to}`;
}

function dieAt(here: string): void {
  if (here === task.point) process.kill(process.pid, 'SIGKILL');
  if (told.has(here)) return;
  told.add(here);
  process.stdout.write(`${here}\n`);
}
