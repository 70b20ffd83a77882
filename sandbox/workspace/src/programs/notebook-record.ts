import { openFile } from '../files/safe-folder.ts';

export interface CellOutput {
  kind: string;
  text?: string;
  columns?: string[];
  rows?: (string | null)[][];
  truncated?: boolean;
}

export interface CellRecord {
  notebook: string;
  cell: number;
  kind: string;
  source: string;
  title?: string;
  /** `started` where the program ended in the middle of the cell. */
  status: string;
  ms?: number;
  outputs: CellOutput[];
  error?: string;
  trace?: string;
}

export interface NotebookRecord {
  cells: CellRecord[];
  /** What `dbutils.notebook.exit` was given. */
  exit?: string;
}

const maxBytes = 24 * 1_024 * 1_024;

/** What a kernel wrote about its cells. The program may have written there too: whatever makes no sense is left out, and all of it is only text. */
export function parseRecord(text: string): NotebookRecord {
  const record: NotebookRecord = { cells: [] };
  for (const line of text.split('\n')) {
    const event = parseLine(line);
    if (event === undefined) continue;
    if (typeof event['exit'] === 'string') record.exit = event['exit'];
    else add(record.cells, cellOf(event));
  }
  return record;
}

/** The file `name` of a folder that runs write to, as text; `undefined` where it is missing or too large. */
export async function readRunFile(folder: string, name: string, limit = maxBytes): Promise<string | undefined> {
  const opened = await openFile(folder, [name]).catch(() => undefined);
  if (opened === undefined) return undefined;
  try {
    return opened.stats.size > limit ? undefined : await opened.handle.readFile('utf8');
  } finally {
    await opened.handle.close();
  }
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a cell takes the place of its start. */
function add(cells: CellRecord[], cell: CellRecord): void {
  const at = cells.findLastIndex(
    (one) => one.status === 'started' && one.notebook === cell.notebook && one.cell === cell.cell,
  );
  if (at >= 0 && cell.status !== 'started') cells[at] = cell;
  else if (cells.length < 10_000) cells.push(cell);
}

function cellOf(event: Record<string, unknown>): CellRecord {
  const text = (name: string): string => (typeof event[name] === 'string' ? event[name] : '');
  const number = (name: string): number => (typeof event[name] === 'number' ? event[name] : 0);
  const outputs = Array.isArray(event['outputs']) ? event['outputs'] : [];
  return {
    notebook: text('notebook'),
    cell: number('cell'),
    kind: text('kind'),
    source: text('source'),
    status: text('status'),
    ms: number('ms'),
    outputs: outputs.map(outputOf),
    ...(text('title') === '' ? {} : { title: text('title') }),
    ...(text('error') === '' ? {} : { error: text('error') }),
    ...(text('trace') === '' ? {} : { trace: text('trace') }),
  };
}

function outputOf(value: unknown): CellOutput {
  const { kind, text, columns, rows, truncated } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(columns) || !Array.isArray(rows)) return { kind: String(kind), text: String(text ?? '') };
  return {
    kind: 'table',
    columns: columns.map(String),
    rows: rows.map((row) => (Array.isArray(row) ? row.map((cell) => (cell === null ? null : String(cell))) : [])),
    truncated: truncated === true,
  };
}
