import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type NodeProcess, type TestRedis, createMemoryLogger, sampleRequest, startNode } from '@slowlane/testkit';
import { openQueue } from '../index.ts';
import { scriptFolder } from '../redis/scripts.ts';
import { startWorkspace } from './storm.ts';

/**
 * A node freezes with the id of its run in hand, for at least so long and until another has taken over; then it goes on as if nothing had been.
 * What both say of their bind, and how many runs the workspace has seen.
 */
export async function wakeZombie(redis: TestRedis, frozenMs: number) {
  const workspace = await startWorkspace(frozenMs + 60_000);
  const queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
  const file = join(import.meta.dirname, 'mortal-node.ts');
  const start = (...fate: string[]): NodeProcess => startNode(file, [redis.url, workspace.url, scriptFolder, ...fate]);
  const nodes: NodeProcess[] = [];
  try {
    nodes.push(start('zombie', 'stop called', '1'));
    const { request } = await queue.requests.accept(sampleRequest({ body: { parts: 1, dimensions: {} } }));
    const zombie = nodes[0] as NodeProcess;
    await until(() => isStopped(zombie.pid));
    nodes.push(start('heir'));
    const heir = nodes[1] as NodeProcess;
    await Promise.all([until(() => boundBy(heir).length > 0), pause(frozenMs)]);
    const stillFrozen = await isStopped(zombie.pid);
    zombie.kill('SIGCONT');
    await until(() => zombie.lines.length > 0);
    const [part] = await queue.requests.parts(request.id);
    const { runs } = workspace;
    return {
      stillFrozen,
      zombie: zombie.lines[0],
      heir: boundBy(heir),
      part,
      runs: [...runs.values()],
      repeated: workspace.repeated(),
    };
  } finally {
    for (const node of nodes) node.kill('SIGCONT');
    for (const node of nodes) node.kill();
    await Promise.all(nodes.map(({ exited }) => exited));
    await queue.close();
    workspace.close();
  }
}

/**
 * A node freezes when it has claimed a part and has not written its intent yet; others end its lease and dispatch the part again, and nobody claims it
 * before the node goes on.
 */
export async function wakeAfterReap(redis: TestRedis) {
  const workspace = await startWorkspace(120_000);
  const logger = createMemoryLogger();
  const queue = await openQueue({ url: redis.url, logger, leaseMs: 400 });
  const file = join(import.meta.dirname, 'mortal-node.ts');
  const node = startNode(file, [redis.url, workspace.url, scriptFolder, 'late', 'stop claimed', '1']);
  try {
    const { request } = await queue.requests.accept(sampleRequest({ body: { parts: 1, dimensions: {} } }));
    await until(() => isStopped(node.pid));
    // Looks after leases, and submits nothing itself.
    const workers = await queue.work({}, { tickMs: 50, lostAfterMs: 60_000 });
    await until(() => logger.entries.some(({ message }) => message?.startsWith('leases ran out') === true));
    const stillFrozen = await isStopped(node.pid);
    node.kill('SIGCONT');
    const part = async () => (await queue.requests.parts(request.id))[0];
    await until(async () => ['running', 'failed'].includes((await part())?.state ?? ''));
    await workers.close();
    return { stillFrozen, part: await part(), runs: workspace.runs.size };
  } finally {
    node.kill('SIGCONT');
    node.kill();
    await node.exited;
    await queue.close();
    workspace.close();
  }
}

/** A submission that takes longer than its lease is begun again, and then only the last one binds. */
function boundBy({ lines }: NodeProcess): string[] {
  return lines.filter((line) => line.startsWith('bound '));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await pause(20))
    if (Date.now() > end) throw new Error('did not come to it within 60 s');
}

async function isStopped(pid: number): Promise<boolean> {
  return /^State:\tT/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
}
