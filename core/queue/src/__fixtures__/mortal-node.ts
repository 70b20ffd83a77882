import { setTimeout as pause } from 'node:timers/promises';
import { openQueueWith } from '../open-queue.ts';

/**
 * One node: mediates, submits to a workspace and watches it. It kills itself with `kill -9` when it comes to the given point of a submission,
 * the given time: the points are those where a crash hurts most. At `stop <point>` it freezes instead, as a machine that was suspended, until
 * somebody sends SIGCONT. Without a point it lives.
 */
const [url = '', workspace = '', scriptFolder = '', node = '', point = '', times = ''] = process.argv.slice(2);
let reached = 0;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const queue = await openQueueWith({ url, logger, leaseMs: 400 }, { scriptFolder });
const { requests } = queue;

await queue.work(
  {
    prepare: async ({ requestId }) => requests.beginMediation(requestId),
    split: async ({ requestId }) => {
      const request = await requests.get(requestId);
      const { parts, dimensions } = request?.body as { parts: number; dimensions: Record<string, number> };
      const keys = Array.from({ length: parts }, (_, index) => ({ key: `k${index}`, document: { dimensions } }));
      await requests.park(requestId, {
        mediated: {},
        parts: keys,
        claim: { dimensions, priority: 5 },
        resultPath: '/x',
      });
    },
    submit: ({ partId }) => submit(partId),
    join: async ({ requestId }) => requests.end(requestId, { state: 'succeeded', files: [] }),
    notify: async () => undefined,
  },
  { tickMs: 100, lostAfterMs: 2_000, lockMs: 1_000 },
);
for (;;) await watch().catch(() => pause(50));

async function submit(partId: string): Promise<void> {
  const claimed = await requests.claim(partId, node, 400);
  if (claimed === undefined) return;
  dieAt('claimed');
  const { fence, part } = claimed;
  if (!(await requests.intend(partId, fence, { attempt: part.attempt, token: `${partId}/${part.attempt}` }))) return;
  dieAt('intended');
  const { runId } = (await call('run', {
    token: `${partId}/${part.attempt}`,
    dimensions: part.document['dimensions'],
  })) as { runId: string };
  dieAt('called');
  const isBound = await requests.bind(partId, fence, { runId, runPageUrl: undefined, pollMs: 50 });
  console.log(`${isBound ? 'bound' : 'refused'} ${runId} fence ${fence}`);
  dieAt('bound');
}

async function watch(): Promise<void> {
  const due = await requests.due(50, 500);
  for (const { id, runId } of due) {
    const { ended } = (await call('state', { runId })) as { ended: boolean };
    if (!ended) await requests.pollAgain(id, 50);
    else {
      dieAt('ended');
      await requests.release(id, { state: 'succeeded', runMs: 1, log: undefined });
    }
  }
  if (due.length === 0) await pause(20);
}

async function call(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${workspace}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

function dieAt(here: string): void {
  const isStop = point === `stop ${here}`;
  if ((here === point || isStop) && ++reached === Number(times))
    process.kill(process.pid, isStop ? 'SIGSTOP' : 'SIGKILL');
}
