/** One suite of `slowlane test`: which test files it holds and how long it may take on 2 cores. */
export interface Suite {
  name: string;
  about: string;
  files: string[];
  exclude?: string[];
  /** Needs root (namespaces, cgroups): run by sudo for an ordinary user. */
  root?: boolean;
  budgetMinutes: number;
}

/** Files that take minutes, each with its own suite below; `*.full.test.ts` run with `--full` only. */
const long = [
  '**/*.spark.test.ts',
  '**/*.build.test.ts',
  '**/*.chaos.test.ts',
  '**/*.e2e.test.ts',
  '**/*.docs.test.ts',
  '**/*.full.test.ts',
];
const sandboxed = ['sandbox/{abuse,driver-kit,bubblewrap,oci,helper,dummy,pluginhost}/src/**/*.test.ts'];
const queued = ['core/{queue,ledger}/src/**/*.test.ts'];
const planned = ['plugins/*/src/**/*.test.ts'];

/** The CI tier: 33 minutes on 2 cores with nothing else to do, aimed at 30. Quick ones come first, so that a plain mistake shows early. */
export const suites: readonly Suite[] = [
  {
    name: 'unit',
    about: 'every part by itself',
    files: ['{core,sandbox,tools}/**/*.test.ts'],
    exclude: [...long, ...sandboxed, ...queued],
    budgetMinutes: 4,
  },
  { name: 'gate', about: 'queue, gate and ledger on a real Redis', files: queued, exclude: long, budgetMinutes: 4 },
  {
    name: 'sandbox',
    about: 'every driver against its contract and the abuse tests',
    files: sandboxed,
    exclude: long,
    root: true,
    budgetMinutes: 6,
  },
  {
    name: 'plugins',
    about: 'plans and real builds of every language',
    files: [...planned, '**/*.build.test.ts'],
    root: true,
    budgetMinutes: 8,
  },
  {
    name: 'chaos',
    about: 'kill -9 with the truth outside the system',
    files: ['**/*.chaos.test.ts'],
    budgetMinutes: 4,
  },
  {
    name: 'workspace',
    about: 'the local workspace on real Spark',
    files: ['**/*.spark.test.ts'],
    root: true,
    budgetMinutes: 8,
  },
  {
    name: 'e2e',
    about: 'a push becomes a job, a request becomes a result',
    files: ['**/*.e2e.test.ts'],
    budgetMinutes: 14,
  },
  {
    name: 'docs',
    about: 'the README and the references say what is true',
    files: ['**/*.docs.test.ts'],
    budgetMinutes: 3,
  },
];

export const fullSuite: Suite = {
  name: 'full',
  about: 'the long suites',
  files: ['**/*.full.test.ts'],
  root: true,
  budgetMinutes: 30,
};
