import { defineConfig } from 'vitest/config';

/** Real servers and real processes: files run one per core, and a test may take its time. Suites and budgets: core/app/src/test/suites.ts. */
export default defineConfig({
  test: {
    include: ['{core,plugins,sandbox}/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/__fixtures__/**'],
    pool: 'forks',
    maxWorkers: 2,
    // A limit, not a measure: a busy machine takes three times as long for a build.
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
