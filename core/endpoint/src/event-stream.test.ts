import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import { bearer } from './testing/callers.ts';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

closeAfterEach();

interface Message {
  id: string;
  event: string;
  data: { type: string; id: string };
}

async function accepted(served: Served): Promise<string> {
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  const answer = await served.call('client', 'POST', '/v1/requests', {
    payload: { operation: 'daily-sales', body: {} },
  });
  return answer.json().id as string;
}

async function open(url: string, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${url}/v1/requests/${id}/events`, { headers: { ...bearer('client'), ...headers } });
}

function messagesOf(text: string): Message[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('id:'))
    .map((block) => {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]),
      );
      return { id: fields['id'] ?? '', event: fields['event'] ?? '', data: JSON.parse(fields['data'] ?? 'null') };
    });
}

describe('GET /v1/requests/{id}/events', () => {
  it('sends what was missed, then what happens, and ends after the end event', async () => {
    const served = await serve();
    const id = await accepted(served);
    served.emit('request.mediated', id, { text: 'two\nlines' });
    const answer = await open(await served.listen(), id);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('correlation-id')).toMatch(/^cor_/);
    served.emit('part.parked', id);
    served.emit('part.parked', 'req_01J0000000000000000000000Z');
    served.endRequest(id, { state: 'succeeded' });
    served.emit('delivery.sent', id);

    const messages = messagesOf(await answer.text());
    expect(messages.map(({ event }) => event)).toEqual([
      'request.accepted',
      'request.mediated',
      'part.parked',
      'request.succeeded',
    ]);
    expect(messages.map(({ id: messageId }) => messageId)).toEqual(messages.map(({ data }) => data.id));
    expect(messages[1]?.data).toMatchObject({
      type: 'request.mediated',
      subject: { request: id },
      data: { text: 'two\nlines' },
    });
    expect(served.state.listeners.size).toBe(0);
  });

  it('goes on after Last-Event-ID', async () => {
    const served = await serve();
    const id = await accepted(served);
    const seen = served.emit('request.mediated', id);
    served.emit('part.parked', id);
    served.endRequest(id, { state: 'failed' });
    const answer = await open(await served.listen(), id, { 'last-event-id': seen.id });
    expect(messagesOf(await answer.text()).map(({ event }) => event)).toEqual(['part.parked', 'request.failed']);
  });

  it('answers 204 to who has seen the end, so that an EventSource stays away', async () => {
    const served = await serve();
    const id = await accepted(served);
    served.endRequest(id, { state: 'succeeded' });
    const last = served.state.events.at(-1)?.id ?? '';
    const answer = await open(await served.listen(), id, { 'last-event-id': last });
    expect(answer.status).toBe(204);
    expect(served.state.listeners.size).toBe(0);
  });

  it('refuses a Last-Event-ID that is none, a stranger, and an unknown request', async () => {
    const served = await serve();
    const id = await accepted(served);
    const at = `/v1/requests/${id}/events`;
    expect((await served.call('client', 'GET', at, { headers: { 'last-event-id': '0-0 x' } })).statusCode).toBe(400);
    expect((await served.call('author', 'GET', at)).json().code).toBe('auth.scope');
    expect((await served.call('client', 'GET', '/v1/requests/req_01J0000000000000000000000Z/events')).statusCode).toBe(
      404,
    );
    served.state.failWith = new SlowLaneError('queue.unavailable', 'x');
    expect((await served.call('client', 'GET', at)).headers['retry-after']).toBeDefined();
  });

  it('lets go of a client that went away', async () => {
    const served = await serve();
    const id = await accepted(served);
    const stop = new AbortController();
    await fetch(`${await served.listen()}/v1/requests/${id}/events`, {
      headers: bearer('client'),
      signal: stop.signal,
    });
    expect(served.state.listeners.size).toBe(1);
    stop.abort();
    await vi.waitUntil(() => served.state.listeners.size === 0);
  });

  it('cuts off a client that reads nothing, instead of keeping all for it', async () => {
    const served = await serve();
    const id = await accepted(served);
    const { port } = new URL(await served.listen());
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `GET /v1/requests/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer('client').authorization}\r\n\r\n`,
    );
    socket.pause();
    await vi.waitUntil(() => served.state.listeners.size === 1);
    const filler = 'x'.repeat(1_048_576);
    let sent = 0;
    while (served.state.listeners.size === 1 && sent < 200) {
      served.emit('part.waiting', id, { filler });
      sent++;
    }
    expect(served.state.listeners.size).toBe(0);
    expect(sent).toBeLessThan(50);
    socket.destroy();
  });

  it('cuts off a client that takes nothing for a while, however little waits for it, and no other', async () => {
    const follow = { heartbeatMs: 20, silentMs: 200, unreadBytes: 1e9, allUnreadBytes: 1e9 };
    const served = await serve(({ deps }) => ({ limits: { ...deps.limits, follow } }));
    const id = await accepted(served);
    const url = await served.listen();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const isCut = new Promise((resolve) => socket.on('error', resolve));
    socket.write(
      `GET /v1/requests/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer('client').authorization}\r\n\r\n`,
    );
    socket.pause();
    const reading = (await open(url, id)).text();
    await vi.waitUntil(() => served.state.listeners.size === 2);
    // What the two systems hold is not the endpoint's; the rest is far below any other limit.
    for (let sent = 0; sent < 32; sent++) served.emit('part.waiting', id, { filler: 'x'.repeat(1_048_576) });
    await vi.waitUntil(() => served.state.listeners.size === 1, { timeout: 20_000 });
    socket.resume();
    expect(await isCut).toMatchObject({ code: 'ECONNRESET' });
    served.endRequest(id, { state: 'succeeded' });
    expect(messagesOf(await reading).at(-1)?.event).toBe('request.succeeded');
  });

  it('ends all streams when the server closes', async () => {
    const served = await serve();
    const id = await accepted(served);
    const url = await served.listen();
    const answers = await Promise.all([open(url, id), open(url, id), open(url, id)]);
    await served.app.close();
    for (const answer of answers)
      expect(messagesOf(await answer.text()).map(({ event }) => event)).toEqual(['request.accepted']);
    expect(served.state.listeners.size).toBe(0);
  });

  it('sends a heartbeat while nothing happens', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const served = await serve();
      const id = await accepted(served);
      const answer = await open(await served.listen(), id);
      vi.advanceTimersByTime(31_000);
      served.endRequest(id, { state: 'succeeded' });
      expect((await answer.text()).match(/^: still here$/gm)).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
