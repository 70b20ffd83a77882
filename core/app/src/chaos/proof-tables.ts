import type { ProvingTest } from './proof.ts';
import { proofs } from './proofs.ts';
import { provenMutants } from './proven-mutants.ts';

/** The faults, the tests that prove what holds, and the mutants that these notice, as Markdown. */
export function proofTables(): string {
  return [
    '### Fault by fault',
    '',
    row(['#', 'Fault', 'What holds', 'Shown by', 'Mutants that fail']),
    row(['---', '---', '---', '---', '---']),
    ...proofs.map(({ fault, holds, tests, mutants }, at) =>
      row([String(at + 1), fault, holds, tests.map(cellOf).join('<br>'), mutants.join('<br>')]),
    ),
    '',
    'Tests in files named `.full.test.ts` run with `./slowlane test --full`; all others are part of the usual tier. `proofs.test.ts` holds the table against the files.',
    '',
    '### Mutants',
    '',
    row(['Mutant', 'Stands in', 'Its failure is shown by']),
    row(['---', '---', '---']),
    ...provenMutants.map(({ name, file, shownBy, isAskedFor }) =>
      row([isAskedFor ? `**${name}**` : name, `\`${file}\``, `\`${shownBy}\``]),
    ),
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellOf({ file, name }: ProvingTest): string {
  return `\`${file}\`: ${name.replaceAll('|', '\\|')}`;
}
