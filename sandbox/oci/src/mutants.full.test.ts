import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abuseMutants, failsOf, runAbuseMutant } from '@slowlane/abuse';
import { startTestHelper } from '@slowlane/testkit';
import { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
import type { OwnEngine } from './own-engine.ts';

describe.each(['docker', 'podman'] as const)('the abuse suite on a copy of the driver for %s', (kind) => {
  describe.skipIf(!canStartOwnEngine(kind))('with an engine of its own', () => {
    let own: OwnEngine;
    beforeAll(async () => {
      own = await startOwnEngine(kind);
    });
    afterAll(() => own?.close());

    it.each(abuseMutants.filter(({ driver }) => driver === 'oci' || driver === kind))(
      'notices that $name',
      async (mutant) => {
        const failed = await runAbuseMutant(mutant, async (driverModule) => {
          const helper = await startTestHelper({ driverModule, engine: own.engine });
          try {
            return await helper.driver.probe();
          } finally {
            await helper.close();
          }
        });
        expect(failed).toEqual(expect.arrayContaining([...failsOf(mutant)]));
      },
    );
  });
});
