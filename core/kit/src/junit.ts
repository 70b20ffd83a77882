import { XMLParser } from 'fast-xml-parser';

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Names of failed tests are kept for the log, at most this many per report. */
const maxNames = 20;

export interface JUnitReport extends TestCounts {
  /** `class.name` of failed tests, the first twenty. */
  failedNames: string[];
}

/**
 * Counts the test cases of a JUnit XML report: what a `testcase` holds decides (`failure` or `error`, `skipped`), not the sums in the
 * attributes, which tools fill differently. `undefined` for a text that is no such report; a document type is refused unread.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export function readJUnit(text: string): JUnitReport | undefined {
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) return undefined;
  try {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', processEntities: false });
    const root = parser.parse(text) as Record<string, unknown>;
    if (root['testsuites'] === undefined && root['testsuite'] === undefined) return undefined;
    return count(root);
  } catch {
    return undefined;
  }
}

function count(root: Record<string, unknown>): JUnitReport {
  const report: JUnitReport = { passed: 0, failed: 0, skipped: 0, failedNames: [] };
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (node === null || typeof node !== 'object') continue;
    for (const [name, value] of Object.entries(node)) {
      if (name === 'testcase') for (const testCase of asList(value)) add(report, testCase);
      else if (name === 'testsuites' || name === 'testsuite') open.push(...asList(value));
    }
  }
  return report;
}

function add(report: JUnitReport, testCase: unknown): void {
  const node = (typeof testCase === 'object' && testCase !== null ? testCase : {}) as Record<string, unknown>;
  if ('failure' in node || 'error' in node) {
    report.failed++;
    if (report.failedNames.length < maxNames) {
      report.failedNames.push([node['@classname'], node['@name']].filter((part) => part !== undefined).join('.'));
    }
  } else if ('skipped' in node) report.skipped++;
  else report.passed++;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
