import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathsOf, readEnvironment, SlowLaneYaml } from '@slowlane/config';
import { createMemoryLogger } from '@slowlane/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStores } from './open-stores.ts';
import { warnOfSkew } from './warn-of-skew.ts';

afterEach(() => vi.restoreAllMocks());

describe('a clock that is off at start', () => {
  it.each([
    [600_000, '600.0 s behind that of redis'],
    [-2_001, '2.0 s ahead of that of redis'],
  ])('is told where redis is %i ms ahead', (aheadMs, words) => {
    const logger = createMemoryLogger();
    warnOfSkew(aheadMs, logger);
    expect(logger.entries).toEqual([
      { level: 'warn', fields: { skewMs: -aheadMs }, message: expect.stringContaining(words) },
    ]);
  });

  it.each([2_000, 0, -2_000])('is no news at %i ms', (aheadMs) => {
    const logger = createMemoryLogger();
    warnOfSkew(aheadMs, logger);
    expect(logger.entries).toEqual([]);
  });

  it.each([0, 600_000])(
    'is measured against a real redis (%i ms ahead of it), and tokens go by that one',
    async (offMs) => {
      const home = mkdtempSync(join(tmpdir(), 'slowlane-skew-'));
      const paths = pathsOf({ ...readEnvironment({}), home });
      for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
      const truth = Date.now.bind(Date);
      vi.spyOn(Date, 'now').mockImplementation(() => truth() + offMs);
      const logger = createMemoryLogger();
      const stores = await openStores(paths, SlowLaneYaml.parse({}), { logger, secret: () => undefined });
      try {
        const told = logger.entries.filter(({ message }) => message.includes('clock'));
        expect(told).toHaveLength(offMs === 0 ? 0 : 1);
        const expiresAt = truth() + 60_000;
        const { secret } = await stores.ledger.tokens.create({ name: 'ci', scopes: [], expiresAt });
        expect(await stores.ledger.tokens.verify(secret)).toBeDefined();
      } finally {
        await stores.close();
        rmSync(home, { recursive: true, force: true });
      }
    },
  );
});
