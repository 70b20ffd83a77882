import { fileURLToPath } from 'node:url';
import { runMutant } from '@slowlane/testkit';
import { expect, it } from 'vitest';
import { mutants } from './mutants.ts';

const project = { root: fileURLToPath(new URL('../../..', import.meta.url)), folder: 'core/keeper' };

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'notices: %s',
  async (_name, mutant) => {
    const { ran, failed, output } = await runMutant(project, mutant);
    expect(ran, output).toBe(1);
    expect(failed, output).toBe(1);
  },
  240_000,
);
