import { pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SlowLaneError } from '@slowlane/contracts';

/** Tiny archives compress absurdly well (a tar is padded with zeros), so the ratio is looked at from here on. */
const RATIO_FROM_BYTES = 1_048_576;

/** Decompresses, and fails with `archive.refused` as soon as the output is `maxRatio` times what came in. */
export function gunzipped(source: Readable, maxRatio: number): Readable {
  let bytesIn = 0;
  let bytesOut = 0;
  const countIn = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytesIn += chunk.length;
      callback(null, chunk);
    },
  });
  const countOut = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytesOut += chunk.length;
      if (bytesOut > RATIO_FROM_BYTES && bytesOut > bytesIn * maxRatio) {
        callback(new SlowLaneError('archive.refused', `the archive expands to more than ${maxRatio} times its size`));
      } else {
        callback(null, chunk);
      }
    },
  });
  // The failure reaches the reader through the returned stream, which pipeline destroys with it.
  pipeline(source, countIn, createGunzip(), countOut, () => undefined);
  return countOut;
}
