import { runMutant } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { mutants } from './mutants.ts';

describe('a fault that somebody could write', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    'is noticed: %s',
    async (_name, { folder, ...mutant }) => {
      const { ran, failed, output } = await runMutant({ root: repository, folder }, mutant, {
        timeoutMs: 280_000,
        testMs: 60_000,
      });
      expect(ran, output).toBe(1);
      expect(failed, output).toBe(1);
    },
    300_000,
  );
});
