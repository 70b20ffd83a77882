import { Transform } from 'node:stream';

export interface OutputCapOptions {
  limitBytes: number;
  /** Written after the last byte that fits. */
  mark?: string;
  onChunk?: () => void;
  /** Once, when a byte did not fit. */
  onFull?: () => void;
}

/** Lets the first `limitBytes` through and swallows the rest, so that the program is never blocked by what nobody will read. */
export function outputCap(options: OutputCapOptions): Transform & { readonly bytesSeen: number } {
  let seen = 0;
  const transform = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const room = options.limitBytes - seen;
      seen += chunk.length;
      options.onChunk?.();
      if (chunk.length <= room) return done(null, chunk);
      if (room >= 0) {
        options.onFull?.();
        const mark = Buffer.from(options.mark ?? '');
        return done(null, Buffer.concat([chunk.subarray(0, room), mark]));
      }
      done();
    },
  });
  return Object.defineProperty(transform, 'bytesSeen', { get: () => seen }) as Transform & {
    readonly bytesSeen: number;
  };
}
