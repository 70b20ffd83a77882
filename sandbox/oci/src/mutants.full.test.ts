import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abuseMutants, failsOf, runAbuseMutant } from '@slowlane/abuse';
import { startTestHelper } from '@slowlane/testkit';
import { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
import type { OwnEngine } from './own-engine.ts';

describe.skipIf(!canStartOwnEngine('docker'))('the abuse suite on a copy of the docker driver', () => {
  let own: OwnEngine;
  beforeAll(async () => {
    own = await startOwnEngine('docker');
  });
  afterAll(() => own?.close());

  it.each(abuseMutants.filter((mutant) => mutant.driver === 'docker'))('notices that $name', async (mutant) => {
    const failed = await runAbuseMutant(mutant, async (driverModule) => {
      const helper = await startTestHelper({ driverModule, engine: own.engine });
      try {
        return await helper.driver.probe();
      } finally {
        await helper.close();
      }
    });
    expect(failed).toEqual(expect.arrayContaining([...failsOf(mutant)]));
  });
});
