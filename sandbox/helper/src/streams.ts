import { Readable, Writable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { failureOf, SlowLaneError } from '@slowlane/contracts';
import type { Failure } from '@slowlane/contracts';
import { maxDataBytes, writeFrame } from './frames.ts';
import type { Frame } from './frames.ts';

/** How many bytes may be on their way in one stream before its reader has taken any. */
const windowBytes = 4 * maxDataBytes;

/**
 * Many byte streams over one socket. A writer stops at the window until the reader has taken what was sent, so a slow reader holds up
 * its own stream and no other.
 */
export interface Streams {
  /** The reading end of stream `number`. */
  readable(number: number): Readable;
  /** The writing end of stream `number`. */
  writable(number: number): Writable;
  /** Hands in a frame of kind data, end, taken or dropped. */
  accept(frame: Frame): void;
  /** The socket is gone: ends every stream. */
  fail(error: Error): void;
}

interface Reading {
  stream: Readable;
  push(bytes: Buffer): void;
  end(reason: Failure | undefined): void;
}

interface Writing {
  stream: Writable;
  taken(bytes: number): void;
}

export function openStreams(socket: Duplex): Streams {
  const readings = new Map<number, Reading>();
  const writings = new Map<number, Writing>();
  return {
    readable(number) {
      const reading = makeReading(socket, number, () => readings.delete(number));
      readings.set(number, reading);
      return reading.stream;
    },
    writable(number) {
      const writing = makeWriting(socket, number, () => writings.delete(number));
      writings.set(number, writing);
      return writing.stream;
    },
    accept(frame) {
      if (frame.kind === 'data') readings.get(frame.number)?.push(frame.payload);
      if (frame.kind === 'end') readings.get(frame.number)?.end(reasonOf(frame.payload));
      if (frame.kind === 'taken' && frame.payload.length === 4) {
        writings.get(frame.number)?.taken(frame.payload.readUInt32BE(0));
      }
      if (frame.kind === 'dropped') writings.get(frame.number)?.stream.destroy();
    },
    fail(error) {
      for (const { stream } of [...readings.values(), ...writings.values()]) stream.destroy(error);
      readings.clear();
      writings.clear();
    },
  };
}

function makeReading(socket: Duplex, number: number, forget: () => void): Reading {
  let untaken = 0;
  let ended = false;
  const waiting: Buffer[] = [];
  const take = (bytes: number): void => {
    untaken += bytes;
    if (untaken < windowBytes / 4) return;
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(untaken);
    untaken = 0;
    writeFrame(socket, { kind: 'taken', number, payload });
  };
  const flush = (): void => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      take(chunk.length);
      if (!stream.push(chunk)) return;
    }
    if (ended) stream.push(null);
  };
  const stream = new Readable({
    highWaterMark: maxDataBytes,
    read: () => flush(),
    destroy(error, done) {
      forget();
      if (!ended) writeFrame(socket, { kind: 'dropped', number, payload: Buffer.alloc(0) });
      done(error);
    },
  });
  // Who reads it sees the error all the same; who has let go of it must not be ended by it.
  stream.on('error', () => undefined);
  return {
    stream,
    push(bytes) {
      waiting.push(bytes);
      // With more than one waiting the stream is full, and asks by itself when it has room.
      if (waiting.length === 1 && stream.readableLength < stream.readableHighWaterMark) flush();
    },
    end(reason) {
      ended = true;
      if (reason !== undefined) stream.destroy(SlowLaneError.from(reason));
      else if (waiting.length === 0) stream.push(null);
    },
  };
}

function makeWriting(socket: Duplex, number: number, forget: () => void): Writing {
  let room = windowBytes;
  let resume: (() => void) | undefined;
  const send = (bytes: Buffer, done: () => void): void => {
    if (room <= 0) {
      resume = () => send(bytes, done);
      return;
    }
    const part = bytes.subarray(0, Math.min(room, maxDataBytes));
    room -= part.length;
    const rest = bytes.subarray(part.length);
    const next = (): void => (rest.length === 0 ? done() : send(rest, done));
    if (writeFrame(socket, { kind: 'data', number, payload: part })) next();
    else socket.once('drain', next);
  };
  const stream = new Writable({
    highWaterMark: maxDataBytes,
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    final(done) {
      writeFrame(socket, { kind: 'end', number, payload: Buffer.alloc(0) });
      done();
    },
    destroy(error, done) {
      forget();
      if (error !== null)
        writeFrame(socket, { kind: 'end', number, payload: Buffer.from(JSON.stringify(failureOf(error))) });
      done(null);
    },
  });
  stream.on('error', () => undefined);
  return {
    stream,
    taken(bytes) {
      room += bytes;
      const go = resume;
      resume = undefined;
      go?.();
    },
  };
}

function reasonOf(payload: Buffer): Failure | undefined {
  return payload.length === 0 ? undefined : (JSON.parse(payload.toString()) as Failure);
}
