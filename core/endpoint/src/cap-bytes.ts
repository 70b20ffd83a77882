import { Transform } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';

/** Passes the bytes of an archive on up to `limit`; one more is `source.too-large`, none at all `request.invalid`. */
export function capBytes(limit: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(tooLarge(limit));
      else done(null, chunk);
    },
    flush(done) {
      done(seen === 0 ? emptyArchive() : null);
    },
  });
}

export function emptyArchive(): SlowLaneError {
  return new SlowLaneError('request.invalid', 'body: no archive was sent');
}

export function tooLarge(limit: number): SlowLaneError {
  return new SlowLaneError('source.too-large', `the archive is larger than ${formatBytes(limit)}`);
}
