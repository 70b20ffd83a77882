import { describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { probeModule } from './__fixtures__/probe-module.ts';
import { abuseMutants, failsOf } from './mutants.ts';
import { runAbuseMutant } from './run-abuse-mutant.ts';

const own = abuseMutants.filter((mutant) => mutant.isShort !== true && mutant.driver === undefined);

describe.skipIf(!canStartTestHelper())('the abuse suite on a copy of the bubblewrap driver', () => {
  it.each(own)('notices that $name', async (mutant) => {
    expect(await runAbuseMutant(mutant, probeModule)).toEqual(expect.arrayContaining([...failsOf(mutant)]));
  });
});
