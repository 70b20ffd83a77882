import { describe, expect, it } from 'vitest';
import { readJUnit } from './junit.ts';

describe('readJUnit', () => {
  it('counts test cases by what they hold, not by the attributes', () => {
    const report = readJUnit(`<?xml version="1.0"?><testsuites tests="99"><testsuite name="a" tests="99">
      <testcase classname="acme.T" name="good"/>
      <testcase classname="acme.T" name="bad"><failure message="x">at &lt;here&gt;</failure></testcase>
      <testcase classname="acme.T" name="broken"><error/></testcase>
      <testcase classname="acme.T" name="later"><skipped/></testcase>
      <testsuite name="inner"><testcase name="also good"></testcase></testsuite>
    </testsuite></testsuites>`);
    expect(report).toEqual({ passed: 2, failed: 2, skipped: 1, failedNames: ['acme.T.bad', 'acme.T.broken'] });
  });

  it('reads a suite that is the root, with one case or none', () => {
    expect(readJUnit('<testsuite><testcase name="t"/></testsuite>')?.passed).toBe(1);
    expect(readJUnit('<testsuite name="empty"/>')).toEqual({ passed: 0, failed: 0, skipped: 0, failedNames: [] });
  });

  it.each([
    ['other XML', '<project/>'],
    ['no XML', '{"a": 1}'],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>'],
    ['endless nesting', '<testsuite>'.repeat(200_000)],
  ])('gives undefined or zero for %s and does not throw', (_name, text) => {
    expect(readJUnit(text)?.passed ?? 0).toBe(0);
  });
});
