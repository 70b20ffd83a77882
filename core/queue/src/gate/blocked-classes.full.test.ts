import { redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseAmong } from '../__fixtures__/blocked-classes.ts';

const server = redisForFile({ beforeAll, afterAll }, { appendfsync: 'no' });

describe('a release with 100,000 parts parked in 2,400 classes that one pool blocks', () => {
  it('costs no more commands than with 24 classes, and passes nobody over', async () => {
    const rounds = 500;
    const few = await releaseAmong(server.redis, {
      prefix: server.nextPrefix(),
      classes: 24,
      partsEach: 42,
      rounds: 500,
    });
    const many = await releaseAmong(server.redis, {
      prefix: server.nextPrefix(),
      classes: 2_400,
      partsEach: 42,
      rounds,
    });
    const sorted = many.tookMs.toSorted((one, other) => one - other);
    console.log(`release p50 ${sorted[rounds / 2]?.toFixed(2)} ms, p99 ${sorted[rounds * 0.99]?.toFixed(2)} ms`);
    expect(many.mostCommands).toBeLessThanOrEqual(few.mostCommands);
    expect(many.granted).toEqual(Array.from({ length: rounds }, (_, at) => at + 1));
    expect(many).toMatchObject({ inUse: 1, waiting: 2_400 * 42 - rounds - 1 });
  }, 600_000);
});
