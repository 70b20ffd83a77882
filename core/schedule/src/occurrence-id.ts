import { createHash } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The request id of one occurrence of one schedule: its time and a digest of its name in the form of a ULID. Whoever fires it, however often, makes the same
 * request, and the lane accepts an id once.
 *
 * @param prefix `req` or `cor`
 * @see https://github.com/ulid/spec
 */
export function occurrenceId(prefix: string, schedule: { pipeline: string; name: string }, at: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([schedule.pipeline, schedule.name, at]))
    .digest();
  let time = '';
  for (let rest = at, index = 0; index < 10; index++, rest = Math.floor(rest / 32))
    time = alphabet.charAt(rest % 32) + time;
  const random = [...digest.subarray(0, 16)].map((byte) => alphabet.charAt(byte % 32)).join('');
  return `${prefix}_${time}${random}`;
}
