import { describe, expect, it } from 'vitest';
import { addCoverage, coveragePercent, readCoverage } from './coverage.ts';

describe('readCoverage', () => {
  it('takes the lines of a JaCoCo report, not its packages or branches', () => {
    const text = `<?xml version="1.0"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="x">
<package name="p"><counter type="LINE" missed="9" covered="9"/></package>
<counter type="BRANCH" missed="1" covered="1"/><counter type="LINE" missed="2" covered="6"/></report>`;
    expect(readCoverage(text)).toEqual({ covered: 6, total: 8 });
  });

  it('takes the sums of a Cobertura report, as coverage.py writes it', () => {
    expect(readCoverage('<coverage version="7.6" lines-valid="40" lines-covered="30" line-rate="0.75"/>')).toEqual({
      covered: 30,
      total: 40,
    });
  });

  it('takes the statements of a scoverage report', () => {
    expect(readCoverage('<scoverage statement-count="10" statements-invoked="4" statement-rate="40.00"/>')).toEqual({
      covered: 4,
      total: 10,
    });
  });

  it.each([
    ['another document', '<testsuites/>'],
    ['no XML', 'coverage: 80 %'],
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]><coverage lines-valid="1" lines-covered="1"/>'],
    ['more covered than there are', '<coverage lines-valid="1" lines-covered="2"/>'],
    ['numbers that are none', '<coverage lines-valid="x" lines-covered="2"/>'],
    ['a report without lines', '<report><counter type="CLASS" missed="0" covered="1"/></report>'],
  ])('reads nothing from %s', (_, text) => {
    expect(readCoverage(text)).toBeUndefined();
  });

  it('adds the modules of a project, and counts an empty one as covered', () => {
    expect(addCoverage({ covered: 1, total: 2 }, { covered: 3, total: 6 })).toEqual({ covered: 4, total: 8 });
    expect(addCoverage(undefined, undefined)).toBeUndefined();
    expect(coveragePercent({ covered: 4, total: 8 })).toBe(50);
    expect(coveragePercent({ covered: 0, total: 0 })).toBe(100);
  });
});
