import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  text: string;
  /** How many answers came: a second one means that part of a request was taken for another. */
  answers: number;
}

/** Sends exact bytes over a connection of their own and reads until the server ends it. `hangUp` ends our side after the bytes. */
export function rawCall(port: number, bytes: string | Buffer, { hangUp = false } = {}): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    // A server that refuses early resets what is still on its way; what it answered before counts.
    socket.on('error', () => {});
    socket.on('close', () => resolve(toAnswer(Buffer.concat(pieces).toString('latin1'))));
    if (hangUp) socket.end(bytes);
    else socket.write(bytes);
  });
}

function toAnswer(all: string): RawAnswer {
  const body = all.slice(all.indexOf('\r\n\r\n') + 4);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(all)?.[1] ?? 0),
    text: body,
    answers: all.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0,
  };
}
