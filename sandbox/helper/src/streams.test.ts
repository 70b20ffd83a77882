import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrames } from './frames.ts';
import { openStreams } from './streams.ts';
import type { Streams } from './streams.ts';

describe('streams over one socket', () => {
  it('carry any bytes in any pieces, many at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uint8Array({ maxLength: 200_000 }), { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        async (all) => {
          const [here, there] = pair();
          const results = await Promise.all(
            all.map(async (chunks, number) => {
              const reading = there.readable(number).toArray();
              await pipeline(chunks, here.writable(number));
              return Buffer.concat((await reading) as Buffer[]);
            }),
          );
          results.forEach((result, number) => expect(result.equals(Buffer.concat(all[number] ?? []))).toBe(true));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('end with the reason that the writer gives', async () => {
    const [here, there] = pair();
    const reading = there.readable(1).toArray();
    const writing = here.writable(1);
    writing.write('some');
    writing.destroy(new Error('broke'));
    await expect(reading).rejects.toThrow('broke');
  });
});

/** Two ends that are joined, with no more than one kilobyte per event between them. */
function pair(): [Streams, Streams] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        for (let at = 0; at < chunk.length; at += 1_000) other().push(chunk.subarray(at, at + 1_000));
        setImmediate(done);
      },
    });
  const left: Duplex = make(() => right);
  const right: Duplex = make(() => left);
  for (const end of [left, right]) end.setMaxListeners(0);
  const streams = [openStreams(left), openStreams(right)] as [Streams, Streams];
  readFrames(left, (frame) => streams[0].accept(frame));
  readFrames(right, (frame) => streams[1].accept(frame));
  return streams;
}
