import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { expect, it } from 'vitest';
import { hourColumns, writeHour } from './archive-hours.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/archive.md'), 'utf8');

/** Rows of the page's table of columns: name, type, may be null. */
function documented(): { name: string; type: string; nullable: boolean }[] {
  const table = page.split('## Columns of an hour file')[1]?.split('\n## ')[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)` *\| (\w+) *\| (yes|no) *\|/gm)].map(([, name = '', type = '', isNull]) => ({
    name,
    type,
    nullable: isNull === 'yes',
  }));
}

it('the page names every column as the writer has it, in its order', () => {
  expect(documented()).toEqual(hourColumns.map(({ name, type, nullable }) => ({ name, type, nullable })));
});

it('a file that was written has these columns and types', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-archive-page-'));
  try {
    const event = { id: '1700000000000-0', type: 'request.accepted', at: 1_700_000_000_000, correlationId: 'cor_x' };
    await writeHour(folder, '2023-11-14T22', [{ ...event, subject: { request: 'req_x' }, data: {} } as never]);
    const bytes = Uint8Array.from(readFileSync(join(folder, '2023-11-14T22.parquet'))).buffer;
    const schema = parquetMetadata(bytes).schema.slice(1);
    const columns = schema.map(({ name, converted_type, logical_type, repetition_type }) => ({
      name,
      type: /TIMESTAMP/.test(`${converted_type} ${logical_type?.type}`) ? 'TIMESTAMP' : 'STRING',
      nullable: repetition_type === 'OPTIONAL',
      isText: /UTF8|STRING/.test(`${converted_type} ${logical_type?.type}`),
    }));
    expect(columns.map(({ isText: _, ...column }) => column)).toEqual(documented());
    expect(columns.every(({ type, isText }) => isText === (type === 'STRING'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
