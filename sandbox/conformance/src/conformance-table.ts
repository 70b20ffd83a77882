import type { Case, ClientName } from './case.ts';
import type { Row } from './run-case.ts';

const marks = { pass: 'yes', fail: '**no**', differs: 'differs', skip: '–' } as const;

/** The table case x client in Markdown, with what was different and why. */
export function conformanceTable(
  cases: readonly Case[],
  report: { clients: readonly { name: ClientName; version: string }[]; rows: readonly Row[] },
): string {
  const names = report.clients.map(({ name }) => name);
  const rowOf = (id: string, client: ClientName): Row | undefined =>
    report.rows.find((row) => row.id === id && row.client === client);
  const lines = cases.map(({ id, title, source }) => {
    const cells = names.map((name) => marks[rowOf(id, name)?.verdict ?? 'skip']);
    return `| \`${id}\` | ${title} | ${source.at} | ${cells.join(' | ')} |`;
  });
  return [
    ...report.clients.map(({ name, version }) => `- **${name}**: ${version}, ${totals(report.rows, name)}`),
    '',
    `| Case | Claim | Source | ${names.join(' | ')} |`,
    `|---|---|---|${names.map(() => '---|').join('')}`,
    ...lines,
    ...section('Differences between clients', report.rows, 'differs'),
    ...section('Not fulfilled', report.rows, 'fail'),
  ].join('\n');
}

function totals(rows: readonly Row[], name: ClientName): string {
  const count = (verdict: Row['verdict']): number =>
    rows.filter((row) => row.client === name && row.verdict === verdict).length;
  return `${count('pass')} yes, ${count('fail')} no, ${count('differs')} differ, ${count('skip')} not sayable by this client`;
}

function section(title: string, rows: readonly Row[], verdict: Row['verdict']): string[] {
  const found = rows.filter((row) => row.verdict === verdict);
  if (found.length === 0) return [];
  return ['', `### ${title}`, '', ...found.map(({ id, client, detail }) => `- \`${id}\`, ${client}: ${detail}`)];
}
