import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { failureOf, SlowLaneError } from '@slowlane/contracts';
import type { Running, Sandbox, SandboxDriver } from '@slowlane/contracts';
import { readFrames, writeFrame } from './frames.ts';
import type { Answer } from './messages.ts';
import { streamNumbers } from './messages.ts';
import { Call } from './schema.ts';
import { openStreams } from './streams.ts';
import type { Streams } from './streams.ts';
import type { ServeOptions } from './serve-helper.ts';

interface Connection {
  socket: Socket;
  driver: SandboxDriver;
  streams: Streams;
  closing: AbortController;
  sandbox: Promise<Sandbox> | undefined;
}

/** Serves one client until its connection ends; then destroys its sandbox. */
export async function serveConnection(socket: Socket, options: ServeOptions): Promise<void> {
  const connection: Connection = {
    socket,
    driver: options.driver,
    streams: openStreams(socket),
    closing: new AbortController(),
    sandbox: undefined,
  };
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', (error) =>
    options.logger.warn({ error: error.message }, 'a client of the sandbox helper broke off'),
  );
  socket.setMaxListeners(0); // every stream may wait for the same drain
  readFrames(socket, (frame) => {
    if (frame.kind === 'message') void answer(connection, frame.number, frame.payload);
    else connection.streams.accept(frame);
  });
  await closed;
  connection.closing.abort();
  connection.streams.fail(new SlowLaneError('sandbox.unavailable', 'the client is gone'));
  await destroy(connection).catch((error: unknown) =>
    options.logger.error({ ...failureOf(error) }, 'a sandbox could not be removed'),
  );
}

async function answer(connection: Connection, id: number, payload: Buffer): Promise<void> {
  try {
    reply(connection, id, { of: 'call', ok: true, value: await perform(connection, id, parse(payload)) });
  } catch (error) {
    reply(connection, id, { of: 'call', ok: false, failure: failureOf(error) });
  }
}

function parse(payload: Buffer): Call {
  const parsed = Call.safeParse(JSON.parse(payload.toString()));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SlowLaneError('sandbox.refused', `${issue?.path.join('.') || 'call'}: ${issue?.message ?? 'is wrong'}`);
}

async function perform(connection: Connection, id: number, call: Call): Promise<unknown> {
  const { driver } = connection;
  switch (call.call) {
    case 'probe':
      return driver.probe(call.isQuick === true ? { isQuick: true } : {});
    case 'reap':
      return driver.reap();
    case 'supervise':
      return driver.supervise(call.spec as never, call.command as never, call.recordDir);
    case 'kill':
      return driver.kill(call.id, call.how);
    case 'isRunning':
      return driver.isRunning(call.id);
    case 'removeFiles':
      return driver.removeFiles?.(call.folder);
    case 'create':
      return create(connection, call.spec as never);
    case 'exec':
      return exec(connection, id, await (await held(connection)).exec(call.command as never));
    case 'killAll':
      return (await held(connection)).killAll();
    case 'collect':
      return send(connection, streamNumbers(id).stdout, await (await held(connection)).collect(call.globs));
    case 'snapshot':
      return (await held(connection)).snapshot(call.key);
    case 'destroy':
      return destroy(connection);
  }
}

async function create(connection: Connection, spec: Parameters<SandboxDriver['create']>[0]): Promise<void> {
  if (connection.sandbox !== undefined)
    throw new SlowLaneError('sandbox.refused', 'create: this connection has a sandbox');
  connection.sandbox = connection.driver.create(spec, connection.closing.signal);
  await connection.sandbox;
}

async function held(connection: Connection): Promise<Sandbox> {
  if (connection.sandbox === undefined) throw new SlowLaneError('sandbox.refused', 'this connection has no sandbox');
  return connection.sandbox;
}

function exec(connection: Connection, id: number, running: Running): void {
  const numbers = streamNumbers(id);
  const { streams } = connection;
  pipeline(streams.readable(numbers.stdin), running.stdin, () => undefined);
  const sent = [send(connection, numbers.stdout, running.stdout), send(connection, numbers.stderr, running.stderr)];
  running.done.then(
    (end) => reply(connection, id, { of: 'ended', ok: true, value: end }),
    (error: unknown) => reply(connection, id, { of: 'ended', ok: false, failure: failureOf(error) }),
  );
  void sent;
}

function send(connection: Connection, number: number, source: Readable): void {
  const target: Writable = connection.streams.writable(number);
  pipeline(source, target, () => undefined);
}

/** Also for a sandbox that is still being made. A second call waits for the first. */
async function destroy(connection: Connection): Promise<void> {
  const sandbox = await connection.sandbox?.catch(() => undefined);
  await sandbox?.destroy();
}

function reply(connection: Connection, id: number, message: Answer): void {
  writeFrame(connection.socket, { kind: 'message', number: id, payload: Buffer.from(JSON.stringify(message)) });
}
