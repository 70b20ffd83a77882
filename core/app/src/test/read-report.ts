import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { notesIn, type TestNote } from '@slowlane/testkit';

/** One failed test, enough to find it again in a log that was cut. */
export interface TestFailure {
  suite: string;
  /** Below the root of the tree; empty where no file is to blame. */
  file: string;
  title: string;
  /** First line of what it said. */
  message: string;
}

export interface SuiteReport {
  passed: number;
  failed: number;
  skipped: number;
  failures: TestFailure[];
  /** What the tests saw, and whether the test that saw it passed. */
  seen: { note: TestNote; isGood: boolean; test: string }[];
  /** Every test that ran, by file and name, and whether it passed. */
  verdicts: Record<string, boolean>;
}

interface Assertion {
  fullName: string;
  status: string;
  failureMessages?: string[];
  meta?: unknown;
}

interface FileResult {
  name: string;
  status: string;
  message: string;
  assertionResults: Assertion[];
}

interface RunnerReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  success: boolean;
  testResults: FileResult[];
}

/** Reads the JSON report of a run of the test runner; `repositories`: paths under which the tree was seen there. A run that broke before it could report counts as one failure, never as nothing. */
export function readReport(
  report: string,
  { suite, repositories }: { suite: string; repositories: readonly string[] },
): SuiteReport {
  let json: RunnerReport;
  try {
    json = JSON.parse(readFileSync(report, 'utf8')) as RunnerReport;
  } catch {
    return brokenSuite(suite, 'it ended before it could report');
  }
  const failures = json.testResults.flatMap((file) =>
    failuresOf(file).map((one) => ({ suite, file: below(repositories, file.name), ...one })),
  );
  if (failures.length === 0 && !json.success)
    failures.push(...brokenSuite(suite, 'it failed, and no test did').failures);
  const tests = json.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((one) => ({ ...one, test: testId(below(repositories, name), one.fullName) })),
  );
  const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed');
  return {
    passed: json.numPassedTests,
    failed: Math.max(json.numFailedTests, failures.length),
    skipped: json.numPendingTests,
    failures,
    seen: tests.flatMap(({ meta, status, test }) =>
      notesIn(meta).map((note) => ({ note, isGood: status === 'passed', test })),
    ),
    verdicts: Object.fromEntries(ran.map(({ test, status }) => [test, status === 'passed'])),
  };
}

export function testId(file: string, title: string): string {
  return `${file} ${title.trim()}`;
}

function below(repositories: readonly string[], file: string): string {
  const root = repositories.find((one) => file.startsWith(`${one}/`));
  return root === undefined ? file : file.slice(root.length + 1);
}

export function brokenSuite(suite: string, message: string): SuiteReport {
  const failure = { suite, file: '', title: 'the whole suite', message };
  return { passed: 0, failed: 1, skipped: 0, failures: [failure], seen: [], verdicts: {} };
}

/** A file that failed outside its tests (a hook, an import) is one failure too. */
function failuresOf({ assertionResults, status, message }: FileResult): Pick<TestFailure, 'title' | 'message'>[] {
  const failed = assertionResults.filter((one) => one.status === 'failed');
  const own = failed.map((one) => ({ title: one.fullName.trim(), message: firstLine(one.failureMessages?.[0]) }));
  if (own.length > 0 || status !== 'failed') return own;
  return [{ title: 'the whole file', message: firstLine(message) }];
}

function firstLine(text = ''): string {
  const line = stripVTControlCharacters(text)
    .split('\n')
    .find((one) => one.trim() !== '');
  return line === undefined ? 'no message' : line.trim().slice(0, 300);
}
