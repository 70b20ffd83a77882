import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { SlowLaneError } from '@slowlane/contracts';
import { readFrames, writeFrame } from './frames.ts';
import type { Frame } from './frames.ts';
import { lastCallId } from './messages.ts';
import type { Answer } from './messages.ts';
import type { Call } from './schema.ts';
import { openStreams } from './streams.ts';
import type { Streams } from './streams.ts';

export interface ClientConnection {
  readonly streams: Streams;
  /** Throws the failure that the helper answers, or `sandbox.unavailable`. */
  call<T>(call: Call): Promise<T>;
  /** Makes a call whose answer is followed by an end: `ended` settles with that. */
  callUntilEnd<T>(call: Call, prepare: (id: number) => void): { answered: Promise<void>; ended: Promise<T> };
  /** Makes a call that answers on streams of its own. */
  callWith<T>(call: Call, prepare: (id: number) => void): Promise<T>;
  close(): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Connects; throws `sandbox.unavailable` when nobody listens. */
export async function openConnection(socketPath: string): Promise<ClientConnection> {
  const socket = await connected(socketPath);
  const streams = openStreams(socket);
  const calls = new Map<number, Waiting>();
  const ends = new Map<number, Waiting>();
  let last = 0;
  socket.setMaxListeners(0); // every stream may wait for the same drain
  readFrames(socket, (frame) => {
    if (frame.kind === 'message') settle(frame, { calls, ends });
    else streams.accept(frame);
  });
  socket.on('close', () => {
    const error = unavailable(socketPath);
    for (const waiting of [...calls.values(), ...ends.values()]) waiting.reject(error);
    streams.fail(error);
  });
  const send = (call: Call, prepare?: (id: number) => void): { id: number; answered: Promise<unknown> } => {
    const id = ++last;
    if (id > lastCallId) throw new Error('too many calls on one connection');
    if (socket.destroyed) throw unavailable(socketPath);
    prepare?.(id);
    const answered = new Promise<unknown>((resolve, reject) => calls.set(id, { resolve, reject }));
    writeFrame(socket, { kind: 'message', number: id, payload: Buffer.from(JSON.stringify(call)) });
    return { id, answered };
  };
  return {
    streams,
    call: async <T>(call: Call) => (await send(call).answered) as T,
    callWith: async <T>(call: Call, prepare: (id: number) => void) => (await send(call, prepare).answered) as T,
    callUntilEnd<T>(call: Call, prepare: (id: number) => void) {
      let ended: Promise<unknown> = Promise.resolve();
      const { answered, id } = send(call, (number) => {
        ended = new Promise((resolve, reject) => ends.set(number, { resolve, reject }));
        ended.catch(() => undefined); // a caller that has let go of the program needs no telling
        prepare(number);
      });
      answered.catch((error: Error) => {
        ends.get(id)?.reject(error);
        ends.delete(id);
      });
      return { answered: answered.then(() => undefined), ended: ended as Promise<T> };
    },
    close: () => socket.destroy(),
  };
}

function settle(frame: Frame, waiting: { calls: Map<number, Waiting>; ends: Map<number, Waiting> }): void {
  const answer = JSON.parse(frame.payload.toString()) as Answer;
  const of = answer.of === 'call' ? waiting.calls : waiting.ends;
  const one = of.get(frame.number);
  of.delete(frame.number);
  if (answer.ok) one?.resolve(answer.value);
  else one?.reject(SlowLaneError.from(answer.failure));
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('error', (cause) => reject(unavailable(socketPath, cause)));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined); // `close` follows, and tells everyone who waits
      resolve(socket);
    });
  });
}

function unavailable(socketPath: string, cause?: unknown): SlowLaneError {
  return new SlowLaneError('sandbox.unavailable', `the sandbox helper at ${socketPath} does not answer`, { cause });
}
