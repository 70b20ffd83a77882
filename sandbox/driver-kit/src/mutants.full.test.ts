import { fileURLToPath } from 'node:url';
import { type Mutant, runMutant } from '@slowlane/testkit';
import { expect, it } from 'vitest';

const project = { root: fileURLToPath(new URL('../../..', import.meta.url)), folder: 'sandbox/driver-kit' };
const filter = 'seccomp/filter.ts';
const test = 'seccomp/filter.test.ts';

/**
 * Cures that the attacks of the abuse suite cannot show on every machine: most kernels have no x32 table, so they refuse its calls whatever a filter says,
 * and no machine has two processor types.
 */
const mutants: Mutant[] = [
  {
    ...{ name: 'calls of the x32 table are let through', file: filter },
    search: 'ifAtLeast(table.foreignFrom, 0, 1), fail(ENOSYS)',
    replace: 'ifAtLeast(table.foreignFrom, 0, 1), allow()',
    test: { file: test, name: 'answers the x32 table with ENOSYS' },
  },
  {
    ...{ name: 'calls that nobody has read about are let through', file: filter },
    search: '    fail(ENOSYS),\n  ];',
    replace: '    allow(),\n  ];',
    test: { file: test, name: 'does not know a call that nobody has read about' },
  },
];

it.each(mutants)('the tests of the filter notice that $name', async (mutant) => {
  const before = await runMutant(project, mutant, { unchanged: true });
  expect(before.failed, before.output).toBe(0);
  const { ran, failed, output } = await runMutant(project, mutant);
  expect(ran, output).toBe(before.ran);
  expect(failed, output).toBeGreaterThan(0);
});
