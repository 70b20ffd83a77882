/**
 * Loaded with `--import` into a node of the service that knows nothing of it: watches what the process sends to Redis and over HTTP, and kills
 * it, Redis or the workspace at the call that it is told, or lets it stand still there. It can also put its clock off. Orders come as JSON lines on standard input; its end is the end of the node.
 */
import { createHash } from 'node:crypto';
import { type ChannelListener, subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import type { NodeTask } from './node-task.ts';
import { type AwaitPoint, type Order, awaitPoints } from './points.ts';

/** A command as ioredis writes it: `*5\r\n$7\r\nevalsha\r\n$40\r\n<digest>…`. */
const evalsha = /^\*\d+\r\n\$7\r\nevalsha\r\n\$40\r\n([0-9a-f]{40})\r\n/;

const now = Date.now;

if (isMainThread) watchCalls(JSON.parse(process.argv[2] ?? '{}') as NodeTask);

function watchCalls(task: NodeTask): void {
  if (task.clockOffMs !== undefined) setClockOff(task.clockOffMs);
  const orders: Order[] = [];
  const at = (point: AwaitPoint | undefined, moment: Order['moment']): void => {
    if (point === undefined) return;
    const order = orders.find((one) => one.point === point.name && one.moment === moment);
    if (order === undefined || order.skip-- > 0) return;
    orders.splice(orders.indexOf(order), 1);
    if (!isThere(order.pid)) return;
    appendFileSync(task.firedFile, `${JSON.stringify({ ...order, node: task.name, at: now() })}\n`);
    if (order.stallMs === undefined) process.kill(order.pid, 'SIGKILL');
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.stallMs);
  };
  watchRedis(task, at);
  watchHttp(at);
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    if (line === 'sample') return sample(task);
    if (line === 'forget') return void orders.splice(0);
    orders.push(JSON.parse(line) as Order);
  });
  input.on('close', () => process.exit(0));
}

/** What this process takes for the time is so far off from now on. */
function setClockOff(ms: number): void {
  const off = (): number => now() + ms;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [off()] : args, made) as object,
    apply: (target) => Reflect.construct(target, [off()]).toString(),
    get: (target, name) => (name === 'now' ? off : (Reflect.get(target, name) as unknown)),
  });
}

/** Another order may have killed it in the meantime. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

type At = (point: AwaitPoint | undefined, moment: Order['moment']) => void;

function watchRedis({ scripts }: NodeTask, at: At): void {
  const byScript = new Map(awaitPoints.map((point) => [point.script, point]));
  const pointOf = (digest: string | undefined): AwaitPoint | undefined => {
    const script = scripts[digest ?? ''];
    return script === undefined ? undefined : byScript.get(script);
  };
  const write = Socket.prototype.write;
  Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
    if (typeof args[0] === 'string') at(pointOf(evalsha.exec(args[0])?.[1]), 'before');
    return Reflect.apply(write, this, args) as boolean;
  };
  // The connection sends what one turn asks for together, at the end of the turn.
  subscribe('tracing:ioredis:command:start', (message) =>
    process.nextTick(() => at(pointOf(digestOf(message)), 'sent')),
  );
  subscribe('tracing:ioredis:command:asyncEnd', (message) => {
    if ((message as { error?: unknown }).error === undefined) at(pointOf(digestOf(message)), 'after');
  });
}

/** The script of a command; one that Redis did not know is sent as text. */
function digestOf(message: unknown): string | undefined {
  const { command, args = [] } = message as { command: string; args?: string[] };
  if (command === 'evalsha') return args[0];
  return command === 'eval'
    ? createHash('sha1')
        .update(args[0] ?? '')
        .digest('hex')
    : undefined;
}

function watchHttp(at: At): void {
  const on =
    (moment: Order['moment']): ChannelListener =>
    (message) => {
      const { request } = message as { request: { method: string; path: string } };
      const point = awaitPoints.find(
        ({ call }) => call !== undefined && call.method === request.method && request.path.includes(call.path),
      );
      at(point, moment);
    };
  subscribe('undici:client:sendHeaders', on('before'));
  subscribe('undici:request:headers', on('after'));
}

function sample({ name, samplesFile }: NodeTask): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  appendFileSync(
    samplesFile,
    `${JSON.stringify({ node: name, pid: process.pid, at: now(), rss, heapUsed, external })}\n`,
  );
}
