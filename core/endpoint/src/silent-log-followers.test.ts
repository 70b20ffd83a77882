import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BuildLogLine } from '@slowlane/contracts';
import { expect, it, vi } from 'vitest';
import { bearer } from './testing/callers.ts';
import { buildId, buildWith } from './testing/sample-build.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

const MB = 1_048_576;
/** All of the log are 128 MiB; what the two systems hold for a connection is a tenth of it. */
const LINES = 8_192;
const text = 'x'.repeat(16_383);
/** Nothing but its silence may end a follower here. */
const follow = { heartbeatMs: 20, silentMs: 200, unreadBytes: 1e9, allUnreadBytes: 1e9 };

/** A build whose log is made as it is asked for; `given` is what each follower got, by the `skip` that it came with. */
async function openRig(limits: Partial<typeof follow> = {}) {
  const given: number[] = [];
  const served = await serve(({ deps }) => ({
    limits: { ...deps.limits, follow: { ...follow, ...limits } },
    builds: {
      ...deps.builds,
      async readLog(_id, after, count) {
        const first = Number(after) + 1;
        const lines: BuildLogLine[] = [];
        for (let line = first; line < first + count && line <= LINES; line++) lines.push({ id: String(line), text });
        given.push(lines.length);
        if (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
        return lines;
      },
    },
  }));
  served.state.builds.set(buildId, buildWith({}));
  const sockets = new Set<Socket>();
  served.app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return { served, sockets, given, url: await served.listen() };
}

/** A client that has the head of its answer and from then on reads nothing; the second is how it ends once it reads again. */
async function followSilently(url: string): Promise<[Socket, Promise<unknown>]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const ended = new Promise((resolve) => socket.once('error', resolve).once('end', () => resolve('in good order')));
  const { authorization } = bearer('read');
  socket.write(`GET /v1/builds/${buildId}/log?follow=1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
  return [socket, ended];
}

it('a follower of a build log that reads nothing is given little of it and is cut off, also when the build goes on for hours', async () => {
  const { sockets, given, url } = await openRig();
  const [socket, ended] = await followSilently(url);
  await vi.waitUntil(() => sockets.size === 0, { timeout: 20_000 });
  expect(given.reduce((sum, lines) => sum + lines, 0) * text.length).toBeLessThan(32 * MB);
  socket.resume();
  expect(await ended).toMatchObject({ code: 'ECONNRESET' });
  const reads = given.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(given.length, 'reads for nobody').toBe(reads);
}, 30_000);

it('one that reads all of it stays, however long the build then says nothing', async () => {
  const { served, sockets, url } = await openRig();
  const answer = await fetch(`${url}/v1/builds/${buildId}/log?follow=1`, { headers: bearer('read') });
  let length = 0;
  for await (const bytes of answer.body as ReadableStream<Uint8Array>) {
    length += bytes.length;
    if (length < LINES * (text.length + 1)) continue;
    await new Promise((resolve) => setTimeout(resolve, 2 * follow.silentMs));
    expect(sockets.size).toBe(1);
    served.state.builds.set(buildId, buildWith({ state: 'failed' }));
  }
  expect(length).toBe(LINES * (text.length + 1));
}, 60_000);

it('who has most unread is cut off once it is too much for all together', async () => {
  const { sockets, url } = await openRig({ silentMs: 600_000, allUnreadBytes: 0.3 * MB });
  const silent = await Promise.all(Array.from({ length: 8 }, () => followSilently(url)));
  try {
    await vi.waitUntil(() => sockets.size < silent.length, { timeout: 20_000 });
  } finally {
    for (const [socket] of silent) socket.destroy();
  }
}, 30_000);

it('a server that closes does not wait for a follower that reads nothing', async () => {
  const { served, url } = await openRig();
  const [socket] = await followSilently(url);
  await served.app.close();
  socket.destroy();
}, 30_000);
