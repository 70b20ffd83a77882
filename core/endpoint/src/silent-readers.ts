import type { ServerResponse } from 'node:http';

/** What is kept for clients of live streams that do not read, and how long. */
export interface FollowLimits {
  /** Between two looks at a client, and two comment lines that keep a quiet connection alive, ms. */
  heartbeatMs: number;
  /** A client that has something to read and has taken nothing for so long is cut off, ms; the same after its stream was ended. */
  silentMs: number;
  /** A client with more than this unread is cut off, bytes. */
  unreadBytes: number;
  /** With more than this unread by all together, who has most is cut off, bytes. */
  allUnreadBytes: number;
}

export const followLimits: FollowLimits = {
  heartbeatMs: 15_000,
  silentMs: 60_000,
  unreadBytes: 4 * 1_048_576,
  allUnreadBytes: 128 * 1_048_576,
};

export interface Readers {
  limits: FollowLimits;
  /** Looks after the client until its connection is closed. `heartbeat`: text that is sent all the time, where the stream knows one. */
  watch(out: ServerResponse, heartbeat?: string): void;
  /** To be called after each write of something new: may cut off this client, or another one. */
  wrote(out: ServerResponse): void;
  /** Cuts off who has most unread while it is too much for all together: a history that was sent counts for this alone. */
  holdTotal(): void;
}

/**
 * Whoever is cut off comes back, with Last-Event-ID or with the number of lines that it has, and misses nothing. What the system holds for a
 * connection is not seen here: a lost one with nothing unread ends when the system gives it up, see `keepAlive`.
 */
export function watchReaders(given: Partial<FollowLimits> = {}): Readers {
  const limits = { ...followLimits, ...given };
  const readers = new Set<ServerResponse>();

  function cut(out: ServerResponse): void {
    readers.delete(out);
    // By a reset: after a plain close the system would keep what is unread, and try to send it, for minutes.
    out.socket?.resetAndDestroy();
    out.destroy();
  }

  function holdTotal(): void {
    let total = 0;
    for (const { writableLength } of readers) total += writableLength;
    while (total > limits.allUnreadBytes) {
      let most: ServerResponse | undefined;
      for (const out of readers) if (out.writableLength > (most?.writableLength ?? 0)) most = out;
      if (most === undefined) return;
      total -= most.writableLength;
      cut(most);
    }
  }

  return {
    limits,
    holdTotal,
    watch(out, heartbeat) {
      readers.add(out);
      let [taken, silentMs] = [0, 0];
      const look = setInterval(() => {
        const before = taken;
        taken = takenBy(out);
        silentMs = out.writableLength === 0 || taken !== before ? 0 : silentMs + limits.heartbeatMs;
        if (silentMs >= limits.silentMs) cut(out);
        else if (heartbeat !== undefined && !out.writableEnded) out.write(heartbeat);
      }, limits.heartbeatMs);
      out.once('close', () => {
        clearInterval(look);
        readers.delete(out);
      });
    },
    wrote(out) {
      if (out.writableLength > limits.unreadBytes) cut(out);
      else if (out.writableLength > 0) holdTotal();
    },
  };
}

/** Bytes that the system has taken over for the client; within one write it does not tell. */
function takenBy({ socket, writableLength }: ServerResponse): number {
  return (socket?.bytesWritten ?? 0) - writableLength;
}
