import { redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseAmong } from '../__fixtures__/blocked-classes.ts';

const server = redisForFile({ beforeAll, afterAll }, { appendfsync: 'no' });

describe('a release with many classes blocked on one pool', () => {
  it('costs no more commands with 2,400 of them than with 24, and lets the longest waiting part in', async () => {
    const rounds = 20;
    const few = await releaseAmong(server.redis, { prefix: server.nextPrefix(), classes: 24, partsEach: 1, rounds });
    const many = await releaseAmong(server.redis, {
      prefix: server.nextPrefix(),
      classes: 2_400,
      partsEach: 1,
      rounds,
    });
    expect(few.mostCommands).toBeGreaterThan(0);
    expect(many.mostCommands).toBeLessThanOrEqual(few.mostCommands);
    expect(many.granted).toEqual(Array.from({ length: rounds }, (_, at) => at + 1));
    expect(many).toMatchObject({ inUse: 1, waiting: 2_400 - rounds - 1 });
  });
});
