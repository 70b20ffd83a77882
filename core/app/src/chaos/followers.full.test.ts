import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChaosClient, type Wish, createChaosClient } from './client.ts';
import { type StreamRecord, recordStream } from './record.ts';
import { type ChaosNode, type System, startSystem } from './system.ts';

const patient = { timeout: 60_000, interval: 50 };
const rounds = 8;
const followersEach = 100;
let system: System;
let stream: StreamRecord;
let client: ChaosClient;
beforeAll(async () => {
  system = await startSystem({ seed: 20, nodes: 1 });
  stream = recordStream(system);
  client = createChaosClient(system);
}, 120_000);
afterAll(async () => {
  await stream.stop();
  await system.close();
  expect(system.troubles).toEqual([]);
}, 30_000);

describe('hundreds of followers that read nothing and go away without a word', () => {
  it('leave nothing behind in the node, and one that reads misses nothing', async () => {
    const node = system.nodes[0] as ChaosNode;
    const heaps: number[] = [];
    let cut = 0;
    const usual = socketsOf(node);
    for (let round = 0; round < rounds; round++) {
      await system.queue.gate.pause('op:daily', 'test', 'so that it is followed while it waits');
      // The body comes with the first event: more than a socket takes, for each of them.
      const id = await acceptPatiently(node, { customer: `round-${round}`, note: 'x'.repeat(400_000) });
      const silent = await Promise.all(Array.from({ length: followersEach }, () => followSilently(node, id)));
      const reading = await fetch(`${node.url}/v1/requests/${id}/events`, { headers: client.headers() });
      expect(reading.status).toBe(200);
      await system.queue.gate.release('op:daily', 'test');
      const told = [...(await reading.text()).matchAll(/^id: (.+)$/gm)].map(([, eventId]) => eventId);
      await expect.poll(() => stream.ended.has(id), patient).toBe(true);
      const all = stream.events.filter(({ subject }) => subject.request === id).map((event) => event.id);
      expect(told).toEqual(all.slice(0, told.length));
      expect(stream.events.find((event) => event.id === told.at(-1))?.type).toMatch(/^request\.(succeeded|failed)$/);
      for (const socket of silent) socket.resetAndDestroy();
      cut += silent.length;
      await expect.poll(() => socketsOf(node), patient).toBeLessThan(usual + followersEach / 2);
      heaps.push(await heapOf(node));
    }
    console.log(`heap by round: ${heaps.map((bytes) => `${(bytes / 1_048_576).toFixed(1)} MB`).join(', ')}`);
    expect(cut, 'followers that were there').toBe(rounds * followersEach);
    // After the first rounds everything that is made once is there; each further one would leave 40 MB if anything of a follower stayed.
    expect((heaps.at(-1) ?? 0) - (heaps[2] ?? 0)).toBeLessThan(20 * 1_048_576);
  }, 300_000);
});

/** A node that is behind with its work refuses for a while; that is not the matter here. */
async function acceptPatiently(node: ChaosNode, wish: Wish): Promise<string> {
  for (const until = Date.now() + 60_000; ; await pause(500)) {
    const answer = await client.post(node, wish);
    if (answer.status === 202) return ((await answer.json()) as { id: string }).id;
    const text = await answer.text();
    if (answer.status !== 503 || Date.now() > until) throw new Error(`${answer.status} ${text}`);
  }
}

/** Connected, and its answer has begun. */
function followSilently(node: ChaosNode, id: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.url);
    const lines = Object.entries(client.headers()).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET /v1/requests/${id}/events HTTP/1.1\r\nhost: x\r\n${lines.join('')}\r\n`),
    );
    socket.once('error', reject);
    socket.once('readable', () => {
      socket.on('error', () => undefined);
      socket.pause();
      resolve(socket);
    });
  });
}

function socketsOf(node: ChaosNode): number {
  const folder = `/proc/${node.pid()}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

async function heapOf(node: ChaosNode): Promise<number> {
  const seen = system.samples().length;
  node.send('sample');
  for (const until = Date.now() + 20_000; Date.now() < until; await pause(50)) {
    const heap = system
      .samples()
      .slice(seen)
      .find((one) => one.node === node.name)?.heapUsed;
    if (heap !== undefined) return heap;
  }
  throw new Error('the node gave no sample of its memory');
}
