import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { callerEnvironment } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import { start } from '@slowlane/process';
import { rootEnclosure } from '../processes/enclosure.ts';
import type { Installation } from '../processes/installation.ts';
import { fullSuite, type Suite, suites } from './suites.ts';

export interface SuiteOutcome {
  suite: string;
  passed: number;
  failed: number;
  skipped: number;
  tookMs: number;
  budgetMs: number;
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
): Promise<SuiteOutcome[]> {
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
  return outcomes;
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
  if (files.length === 0) return { ...base, passed: 0, failed: 1, skipped: 0, tookMs: 0 };
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
  const counts = countsOf(report);
  rmSync(folder, { recursive: true, force: true });
  return { ...base, ...counts, tookMs: performance.now() - started };
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

/** A run that broke before it could report counts as one failure, never as nothing. */
function countsOf(report: string): { passed: number; failed: number; skipped: number } {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
      success: boolean;
    };
    const failed = json.numFailedTests === 0 && !json.success ? 1 : json.numFailedTests;
    return { passed: json.numPassedTests, failed, skipped: json.numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
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
  return {
    suite: 'lint',
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
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
