import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { callerEnvironment } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import { start } from '@slowlane/process';
import { rootEnclosure } from '../processes/enclosure.ts';
import type { Installation } from '../processes/installation.ts';
import { pluginFolders } from '../plugins.gen.ts';
import { abuseProof, languageTable, type ProofTable } from './proof-tables.ts';
import { brokenSuite, readReport, type SuiteReport, type TestFailure } from './read-report.ts';
import { fullSuite, type Suite, suites } from './suites.ts';

export interface SuiteOutcome extends SuiteReport {
  suite: string;
  tookMs: number;
  budgetMs: number;
}

export interface SuitesRun {
  outcomes: Omit<SuiteOutcome, 'failures' | 'seen' | 'verdicts'>[];
  failures: TestFailure[];
  tables: ProofTable[];
}

export interface TestOptions {
  /** Names of suites; none = all of the CI tier. */
  names: string[];
  full: boolean;
  /** Only what takes seconds: lint, types, unit. */
  fast: boolean;
}

/** Runs suites one after the other with real servers on loopback; each is counted, and none is skipped silently. */
export async function runSuites(
  installation: Installation,
  options: TestOptions,
  say: (line: string) => void,
): Promise<SuitesRun> {
  const outcomes: SuiteOutcome[] = [];
  if (options.names.length === 0) outcomes.push(await runLint(installation, say));
  for (const suite of choose(options)) {
    say(`\n==> ${suite.name}: ${suite.about} (budget ${suite.budgetMinutes} min)`);
    const outcome = await runSuite(installation, suite);
    outcomes.push(outcome);
    say(
      `<== ${suite.name}: ${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped in ${formatDuration(outcome.tookMs)}${outcome.tookMs > outcome.budgetMs ? '  OVER BUDGET' : ''}`,
    );
  }
  return {
    outcomes: outcomes.map(({ failures: _failures, seen: _seen, verdicts: _verdicts, ...rest }) => rest),
    failures: outcomes.flatMap(({ failures }) => failures),
    tables: tablesOf(outcomes),
  };
}

/** Made of what tests of this very run have seen; none where none of the chosen suites sees any of it. */
function tablesOf(outcomes: readonly SuiteOutcome[]): ProofTable[] {
  const seen = outcomes.flatMap((outcome) => outcome.seen);
  const saw = (kind: string, suite: string): boolean =>
    seen.some(({ note }) => note.kind === kind) || outcomes.some((outcome) => outcome.suite === suite);
  const languages = pluginFolders.map(({ id }) => id);
  return [
    ...(saw('stages', 'plugins') ? [languageTable(seen, languages)] : []),
    ...(saw('abuse', 'sandbox') ? [abuseProof(seen, ['bubblewrap', 'docker', 'podman', 'rootless'])] : []),
  ];
}

function choose({ names, full, fast }: TestOptions): Suite[] {
  const all = [...suites, fullSuite];
  for (const name of names) {
    if (!all.some((suite) => suite.name === name)) {
      throw new SlowLaneError('cli.usage', `there is no suite "${name}"`, {
        hint: `Suites: ${all.map((suite) => suite.name).join(', ')}`,
      });
    }
  }
  if (names.length > 0) return all.filter((suite) => names.includes(suite.name));
  if (fast) return suites.filter((suite) => suite.name === 'unit');
  return full ? all : [...suites];
}

async function runSuite(installation: Installation, suite: Suite): Promise<SuiteOutcome> {
  const started = performance.now();
  const files = filesOf(installation.repository, suite);
  const base = { suite: suite.name, budgetMs: suite.budgetMinutes * 60_000 };
  if (files.length === 0) return { ...base, ...brokenSuite(suite.name, 'it has no test files'), tookMs: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-test-'));
  const report = join(folder, 'report.json');
  const vitest = [
    process.execPath,
    join(installation.repository, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files,
  ];
  await runInTree(installation, suite.root === true ? asRoot(installation, reachable(installation, vitest)) : vitest);
  const { repository, environment } = installation;
  const repositories = [repository, rootEnclosure(environment, repository).inside(repository)];
  const told = readReport(report, { suite: suite.name, repositories });
  rmSync(folder, { recursive: true, force: true });
  return { ...base, ...(suite.name === 'sandbox' ? withAttacks(told) : told), tookMs: performance.now() - started };
}

function filesOf(repository: string, suite: Suite): string[] {
  const excluded = new Set((suite.exclude ?? []).flatMap((pattern) => findTests(repository, pattern)));
  return [...new Set(suite.files.flatMap((pattern) => findTests(repository, pattern)))]
    .filter((file) => !excluded.has(file))
    .sort();
}

function findTests(repository: string, pattern: string): string[] {
  const below = pattern.startsWith('**/') ? `{core,plugins,sandbox,tools}/${pattern}` : pattern;
  return globSync(below, { cwd: repository, exclude: (name) => name === 'node_modules' || name === '__fixtures__' });
}

/** A machine on which no driver was attacked has shown nothing, however many tests were skipped in good order. */
function withAttacks(report: SuiteReport): SuiteReport {
  if (report.seen.some(({ note }) => note.kind === 'abuse')) return report;
  const { failures } = brokenSuite('sandbox', 'no driver was attacked: the abuse suite needs root and bubblewrap');
  return { ...report, failed: report.failed + 1, failures: [...report.failures, ...failures] };
}

async function runLint(installation: Installation, say: (line: string) => void): Promise<SuiteOutcome> {
  say('==> lint: import table, lint rules and types of every project (budget 4 min)');
  const started = performance.now();
  const nx = [process.execPath, join(installation.repository, 'node_modules/nx/dist/bin/nx.js')];
  const code = await runInTree(installation, [
    ...nx,
    'run-many',
    '-t',
    'lint',
    'typecheck',
    '--parallel=2',
    '--output-style=static',
  ]);
  const good = { passed: 1, failed: 0, skipped: 0, failures: [], seen: [], verdicts: {} };
  return {
    suite: 'lint',
    ...(code === 0 ? good : brokenSuite('lint', 'npx nx run-many -t lint typecheck says what')),
    tookMs: performance.now() - started,
    budgetMs: 4 * 60_000,
  };
}

/**
 * Suites that start processes as other users need a checkout those can reach. Where a folder above it is closed (root's home, say), the suite
 * runs where root's processes of an installation run: in a mount namespace with the checkout below an open folder.
 */
function reachable({ environment, repository }: Installation, argv: string[]): string[] {
  if (isOpenToOthers(repository)) return argv;
  const { prefix, inside } = rootEnclosure(environment, repository);
  return [
    ...prefix('root'),
    '/bin/sh',
    '-c',
    'cd "$1" && shift && exec "$@"',
    'in',
    inside(repository),
    ...argv.map(inside),
  ];
}

function isOpenToOthers(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpenToOthers(dirname(folder)));
}

function asRoot({ environment }: Installation, argv: string[]): string[] {
  if (process.getuid?.() === 0) return argv;
  return [
    '/usr/bin/sudo',
    '-n',
    '--',
    '/usr/bin/env',
    `SLOWLANE_HOME=${environment.home}`,
    `SLOWLANE_GROUND=${environment.ground}`,
    `CI=${environment.isCi}`,
    ...argv,
  ];
}

async function runInTree(installation: Installation, argv: string[]): Promise<number> {
  const env = {
    ...callerEnvironment(),
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    SLOWLANE_GROUND: installation.environment.ground,
  };
  return (
    (await start(argv, { cwd: installation.repository, env, stdin: 'ignore', stdout: 2, stderr: 'inherit' }).ended)
      .exitCode ?? 1
  );
}
