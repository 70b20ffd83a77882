import { describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { probeModule } from './__fixtures__/probe-module.ts';
import { abuseMutants, failsOf } from './mutants.ts';
import { runAbuseMutant } from './run-abuse-mutant.ts';

describe.skipIf(!canStartTestHelper())('the abuse suite on a copy of the bubblewrap driver', () => {
  it('finds nothing as long as nothing is changed', async () => {
    expect(await runAbuseMutant(undefined, probeModule)).toEqual([]);
  });

  it.each(abuseMutants.filter((mutant) => mutant.isShort))('notices that $name', async (mutant) => {
    expect(await runAbuseMutant(mutant, probeModule)).toEqual(expect.arrayContaining([...failsOf(mutant)]));
  });
});
