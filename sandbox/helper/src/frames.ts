import type { Duplex } from 'node:stream';

/**
 * One frame on the socket: length of the rest (4 bytes), kind (1), number (4), payload.
 *
 * kind      number            payload
 * message   id of the call    JSON
 * data      stream            bytes, at most `maxDataBytes`
 * end       stream            nothing: no more data; a reason (JSON of a Failure) when it broke off
 * taken     stream            4 bytes: how many bytes the reader has taken, so that the writer may send as many more
 * dropped   stream            nothing: the reader wants no more
 */
export const frameKinds = ['message', 'data', 'end', 'taken', 'dropped'] as const;
export type FrameKind = (typeof frameKinds)[number];

export interface Frame {
  kind: FrameKind;
  number: number;
  payload: Buffer;
}

export const maxDataBytes = 65_536;
/** A specification is a few kilobytes; a supervised command line may be larger. */
export const maxMessageBytes = 4 * 1_048_576;

const headBytes = 9;

/** Sends one frame; false when the socket's buffer is full. */
export function writeFrame(socket: Duplex, frame: Frame): boolean {
  if (socket.destroyed || socket.writableEnded) return true;
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(frame.payload.length + headBytes - 4, 0);
  head.writeUInt8(frameKinds.indexOf(frame.kind), 4);
  head.writeUInt32BE(frame.number, 5);
  if (frame.payload.length === 0) return socket.write(head);
  socket.cork();
  socket.write(head);
  const more = socket.write(frame.payload);
  socket.uncork();
  return more;
}

/** Calls `onFrame` for each whole frame that arrives; a frame that breaks the format ends the socket with an error. */
export function readFrames(socket: Duplex, onFrame: (frame: Frame) => void): void {
  let chunks: Buffer[] = [];
  let have = 0;
  let need = headBytes;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    have += chunk.length;
    if (have < need) return;
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    while (bytes.length >= headBytes) {
      const length = bytes.readUInt32BE(0);
      const kind = frameKinds[bytes.readUInt8(4)];
      if (kind === undefined || length < headBytes - 4 || length > maxMessageBytes + headBytes) {
        socket.destroy(new Error('a frame breaks the format'));
        return;
      }
      need = length + 4;
      if (bytes.length < need) break;
      onFrame({ kind, number: bytes.readUInt32BE(5), payload: bytes.subarray(headBytes, need) });
      bytes = bytes.subarray(need);
      need = headBytes;
      if (socket.destroyed) return;
    }
    chunks = bytes.length === 0 ? [] : [bytes];
    have = bytes.length;
  });
}
