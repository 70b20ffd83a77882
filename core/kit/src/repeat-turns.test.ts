import { expect, it } from 'vitest';
import { repeatTurns } from './repeat-turns.ts';

it('takes turn after turn, and none after the stop, which waits for the one under way', async () => {
  const { promise: third, resolve } = Promise.withResolvers<void>();
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  let taken = 0;
  const turns = repeatTurns(
    async () => {
      taken++;
      if (taken < 3) return 0;
      resolve();
      await mayEnd;
      return 0;
    },
    { now: () => 0 },
  );
  turns.start();
  await third;
  let hasStopped = false;
  const stopping = turns.stop().then(() => (hasStopped = true));
  await new Promise((done) => setImmediate(done));
  expect(hasStopped).toBe(false);
  end();
  await stopping;
  expect(taken).toBe(3);
});

it('waits for its first turn, and takes none when it is stopped before', async () => {
  let taken = 0;
  const turns = repeatTurns(async () => ++taken, { now: () => 0, firstAt: () => 3_600_000 });
  turns.start();
  await turns.stop();
  expect(taken).toBe(0);
});
