import { redisForFile } from '@slowlane/testkit';
import fc from 'fast-check';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { play, scriptsWithClock, steps } from '../__fixtures__/gate-game.ts';

const server = redisForFile({ beforeAll, afterAll }, { appendfsync: 'no' });

it('holds its promises over thousands of sequences', { timeout: 1_800_000 }, async () => {
  const folder = scriptsWithClock(join(server.redis.dir, 'right'));
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(false, false, true), (sequence, impatient) =>
      play(sequence, { url: server.redis.url, prefix: server.nextPrefix(), folder, impatient }),
    ),
    { numRuns: 3_000, endOnFailure: true },
  );
});
