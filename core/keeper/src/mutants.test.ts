import { fileURLToPath } from 'node:url';
import { type Mutant, runMutant } from '@slowlane/testkit';
import { expect, it } from 'vitest';
import { mutants } from './mutants.ts';

const project = { root: fileURLToPath(new URL('../../..', import.meta.url)), folder: 'core/keeper' };

it('a token per call is noticed, and nothing is where nothing was changed', async () => {
  const mutant = mutants.find(({ name }) => name === 'token per call') as Mutant;
  expect(await runMutant(project, mutant)).toMatchObject({ ran: 1, failed: 1 });
  expect(await runMutant(project, mutant, { unchanged: true })).toMatchObject({ ran: 1, failed: 0 });
}, 180_000);
