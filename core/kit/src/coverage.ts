import { XMLParser } from 'fast-xml-parser';

/** Lines of the program (statements, where a tool counts those) that tests ran, and all of them. */
export interface Coverage {
  covered: number;
  total: number;
}

/**
 * Reads the sums of a JaCoCo, Cobertura (also coverage.py, covr) or scoverage XML report. `undefined` for any other text; a report that declares
 * entities is refused unread.
 *
 * @see https://www.jacoco.org/jacoco/trunk/coverage/report.dtd
 * @see https://github.com/cobertura/web/blob/master/htdocs/xml/coverage-04.dtd
 */
export function readCoverage(text: string): Coverage | undefined {
  if (text.includes('<!ENTITY') || /<!DOCTYPE[^>]*\[/.test(text)) return undefined;
  try {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', processEntities: false });
    const root = parser.parse(text) as Record<string, Record<string, unknown> | undefined>;
    return jacoco(root['report']) ?? cobertura(root['coverage']) ?? scoverage(root['scoverage']);
  } catch {
    return undefined;
  }
}

export function addCoverage(sum: Coverage | undefined, more: Coverage | undefined): Coverage | undefined {
  if (sum === undefined || more === undefined) return sum ?? more;
  return { covered: sum.covered + more.covered, total: sum.total + more.total };
}

/** Percent, 0 to 100; a program without lines is covered as a whole. */
export function coveragePercent({ covered, total }: Coverage): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

function jacoco(report: Record<string, unknown> | undefined): Coverage | undefined {
  const counters = report?.['counter'];
  const list = (Array.isArray(counters) ? counters : [counters]) as (Record<string, unknown> | undefined)[];
  const lines = list.find((counter) => counter?.['@type'] === 'LINE');
  return coverageOf(Number(lines?.['@covered']), Number(lines?.['@covered']) + Number(lines?.['@missed']));
}

function cobertura(report: Record<string, unknown> | undefined): Coverage | undefined {
  return coverageOf(Number(report?.['@lines-covered']), Number(report?.['@lines-valid']));
}

function scoverage(report: Record<string, unknown> | undefined): Coverage | undefined {
  return coverageOf(Number(report?.['@statements-invoked']), Number(report?.['@statement-count']));
}

function coverageOf(covered: number, total: number): Coverage | undefined {
  const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
  return isCount(covered) && isCount(total) && covered <= total ? { covered, total } : undefined;
}
