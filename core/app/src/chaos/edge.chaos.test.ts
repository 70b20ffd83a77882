import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from './points.ts';
import { type StreamRecord, recordStream } from './record.ts';
import { type ChaosNode, type System, startSystem } from './system.ts';

let system: System;
let stream: StreamRecord;
beforeAll(async () => {
  system = await startSystem({ seed: 7, nodes: 2 });
  stream = recordStream(system);
}, 90_000);
afterAll(async () => {
  await stream.stop();
  await system.close();
  expect(system.troubles).toEqual([]);
}, 30_000);

const patient = { timeout: 40_000, interval: 50 };
const body = (customer: string): object => ({ operation: 'daily', body: { customer } });

function headers(key?: string): Record<string, string> {
  return {
    ...{ authorization: `Bearer ${system.token}`, 'content-type': 'application/json' },
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
}

function post(node: ChaosNode, payload: object, key?: string): Promise<Response> {
  return fetch(`${node.url}/v1/requests`, { method: 'POST', headers: headers(key), body: JSON.stringify(payload) });
}

async function accept(node: ChaosNode, customer: string, key?: string): Promise<{ id: string; replayed: boolean }> {
  const answer = await post(node, body(customer), key);
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  return { id, replayed: answer.headers.get('idempotent-replayed') === 'true' };
}

function nodeAt(index: number): ChaosNode {
  return system.nodes[index] as ChaosNode;
}

async function acceptedFrom(customer: string): Promise<string[]> {
  const found = stream.events.filter(
    ({ type, data }) => type === 'request.accepted' && (data['body'] as { customer?: string }).customer === customer,
  );
  return found.map(({ subject }) => subject.request ?? '');
}

describe('an endpoint that is killed while it accepts', () => {
  it.each([
    ['before anything was sent to Redis', 'before', false],
    ['while Redis answers', 'sent', true],
    ['after the answer of Redis, before its own', 'after', true],
  ] as const)(
    '%s: the same key leads to one request',
    async (_name, moment, mayBeThere) => {
      const customer = `killed-${moment}`;
      const node = nodeAt(0);
      await expect.poll(() => node.pid(), patient).not.toBe(0);
      const order: Order = { point: 'accept', fault: 'node before', moment, skip: 0, pid: node.pid() };
      const seen = system.fired().length;
      node.send(JSON.stringify(order));
      // The order and the call take different ways; whichever call meets it gets no answer.
      let answered = 0;
      for (const until = Date.now() + 20_000; Date.now() < until && system.fired().length === seen;) {
        const answer = await post(node, body(`${customer}-${answered}`), `${customer}-${answered}`).catch(
          () => undefined,
        );
        if (answer?.status === 202) answered++;
      }
      expect(system.fired().length, 'the kill fired').toBe(seen + 1);
      const key = `${customer}-${answered}`;
      const again = await accept(nodeAt(1), key, key);
      const onceMore = await accept(nodeAt(1), key, key);
      expect(onceMore).toEqual({ id: again.id, replayed: true });
      if (moment === 'before') expect(again.replayed).toBe(false);
      if (moment === 'after') expect(again.replayed).toBe(true);
      expect(mayBeThere || !again.replayed).toBe(true);
      await expect.poll(() => stream.ended.has(again.id), patient).toBe(true);
      expect(await acceptedFrom(key)).toEqual([again.id]);
      await expect
        .poll(async () => (await system.ledger.history.request(again.id))?.state, patient)
        .toMatch(/succeeded|failed/);
    },
    90_000,
  );
});

describe('a client that follows its request', () => {
  it('is cut off by the death of its node, comes back to another with Last-Event-ID, and misses nothing', async () => {
    const node = nodeAt(0);
    await expect.poll(() => node.pid(), patient).not.toBe(0);
    await system.queue.gate.pause('op:daily', 'test', 'so that it does not end too soon');
    const { id } = await accept(nodeAt(1), 'follower');
    const first = await follow(node, id);
    const seen = await readUntil(first, (ids) => ids.length >= 3);
    process.kill(node.pid(), 'SIGKILL');
    await expect(readUntil(first, () => false)).rejects.toThrow();
    await system.queue.gate.release('op:daily', 'test');
    const second = await follow(nodeAt(1), id, seen.at(-1));
    const rest = await readUntil(second, () => false);
    await expect.poll(() => stream.ended.has(id), patient).toBe(true);
    const all = stream.events.filter(({ subject }) => subject.request === id).map((event) => event.id);
    const followed = [...seen, ...rest];
    expect(followed).toEqual(all.slice(0, followed.length));
    expect(stream.events.find((event) => event.id === rest.at(-1))?.type).toMatch(/^request\.(succeeded|failed)$/);
  }, 90_000);
});

describe('a Redis that is away', () => {
  it('is told as 503 with Retry-After, nothing is acknowledged meanwhile, and all goes on within seconds of its return', async () => {
    for (const index of [0, 1]) await expect.poll(() => nodeAt(index).pid(), patient).not.toBe(0);
    const bringBack = await system.redis.takeAway();
    const answers: number[] = [];
    for (const until = Date.now() + 6_000; Date.now() < until; await pause(100)) {
      const answer = await post(nodeAt(answers.length % 2), body('away'), `away-${answers.length}`);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      answers.push(answer.status);
    }
    expect(new Set(answers)).toEqual(new Set([503]));
    await bringBack();
    const back = await expect
      .poll(() => post(nodeAt(0), body('back'), 'back').then(({ status }) => status), { timeout: 3_000, interval: 50 })
      .toBe(202)
      .then(() => accept(nodeAt(0), 'back', 'back'));
    expect(back.replayed).toBe(true);
    await expect.poll(() => stream.ended.has(back.id), patient).toBe(true);
    expect(await acceptedFrom('away')).toEqual([]);
    expect(await acceptedFrom('back')).toEqual([back.id]);
  }, 90_000);
});

describe('a Redis that is nearly full', () => {
  it('lets what was accepted run to its end, and takes nothing new until there is room', async () => {
    await expect.poll(() => nodeAt(0).pid(), patient).not.toBe(0);
    await system.queue.gate.pause('op:daily', 'test', 'they run while memory is short');
    const before: string[] = [];
    for (let count = 0; count < 5; count++) before.push((await accept(nodeAt(0), `early-${count}`)).id);
    // Beside it, what work and connections need now and then is little.
    await tellRedis(`SETRANGE ballast ${32 * 1_048_576} x`);
    const { usedMemory } = await system.queue.stats();
    await tellRedis(`CONFIG SET maxmemory ${Math.round(usedMemory / 0.93)}`);
    const status = async (): Promise<string> => {
      const answer = await post(nodeAt(0), body('late'));
      return `${answer.status} ${((await answer.json()) as { code?: string }).code ?? ''}`;
    };
    await expect.poll(status, patient).toBe('503 request.overload');
    const refusedFrom = (await acceptedFrom('late')).length;
    await system.queue.gate.release('op:daily', 'test');
    await expect.poll(() => before.every((id) => stream.ended.has(id)), patient).toBe(true);
    expect(await status()).toBe('503 request.overload');
    expect(await acceptedFrom('late')).toHaveLength(refusedFrom);
    await tellRedis('CONFIG SET maxmemory 0');
    await expect.poll(status, patient).toBe('202 ');
  }, 120_000);
});

interface Follower {
  reader: ReadableStreamDefaultReader<string>;
  text: string;
}

async function follow(node: ChaosNode, id: string, after?: string): Promise<Follower> {
  const answer = await fetch(`${node.url}/v1/requests/${id}/events`, {
    headers: { ...headers(), ...(after === undefined ? {} : { 'last-event-id': after }) },
  });
  expect(answer.status).toBe(200);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  return { reader: reader as Follower['reader'], text: '' };
}

/** Ids of the messages that came, until the condition is met or the stream ends; rejects when the connection breaks. */
async function readUntil(follower: Follower, isEnough: (ids: string[]) => boolean): Promise<string[]> {
  for (;;) {
    const ids = [...follower.text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id as string);
    if (isEnough(ids)) return ids;
    const { value, done } = await follower.reader.read();
    if (done) return ids;
    follower.text += value;
  }
}

function tellRedis(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(system.redis.port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.on('error', reject);
    socket.on('data', (answer) => {
      socket.destroy();
      if (String(answer).startsWith('-')) reject(new Error(String(answer)));
      else resolve();
    });
  });
}
