import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { mutants } from './mutants.ts';
import { proofs } from './proofs.ts';
import { provenMutants } from './proven-mutants.ts';
import { proofTables } from './proof-tables.ts';

const text = (file: string): string => {
  expect(existsSync(join(repository, file)), file).toBe(true);
  return readFileSync(join(repository, file), 'utf8');
};

/** A name as it stands in a file, in whatever quotes. */
const named = (name: string): RegExp => new RegExp(`(['"\`])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\1`);

describe('the table of proofs', () => {
  it('has all 24 faults of the reference', () => {
    expect(proofs).toHaveLength(24);
    for (const { fault, tests, mutants: names } of proofs) {
      expect(tests, fault).not.toEqual([]);
      expect(names, fault).not.toEqual([]);
    }
  });

  it.each(proofs.flatMap(({ fault, tests }, at) => tests.map((test) => [at + 1, fault, test] as const)))(
    '%i, %s: the test is there, and asserts that its fault fired',
    (_number, _fault, { file, name, fired }) => {
      const source = text(file);
      expect(source).toMatch(named(name));
      expect(source).toContain(fired);
    },
  );

  it('names only mutants that are there and that a test shows', () => {
    const known = new Set(provenMutants.map(({ name }) => name));
    expect(proofs.flatMap(({ mutants: names }) => names).filter((name) => !known.has(name))).toEqual([]);
    for (const mutant of provenMutants) {
      expect(text(mutant.file), mutant.name).toMatch(named(mutant.text ?? mutant.name));
      text(mutant.shownBy);
    }
  });

  it('has the mutants that were asked for by name, and each of its own list', () => {
    expect(provenMutants.filter(({ isAskedFor }) => isAskedFor).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'slot freed by the end of a lease',
        'token per call',
        'token without the part',
        'watcher that trusts TERMINATED only',
        'release before terminal',
        'archiver cursor before the transaction',
        'archiver cursor after the transaction',
        'token shared between attempts',
      ]),
    );
    const known = new Set(provenMutants.map(({ name }) => name));
    expect(mutants.filter(({ name }) => !known.has(name))).toEqual([]);
    for (const { folder, file, search } of mutants)
      expect(text(join(folder, 'src', file)).split(search), file).toHaveLength(2);
  });

  it('is in the page as the data say (else run: node core/app/src/chaos/write-proof.ts --tables)', () => {
    expect(readFileSync(join(repository, 'docs/proof.md'), 'utf8')).toContain(proofTables());
  });
});
