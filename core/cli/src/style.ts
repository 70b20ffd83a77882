import pc from 'picocolors';
import type { Style } from './command.ts';

/** How values look on a terminal; colours only where there is one. */
export function createStyle(colours: boolean): Style {
  const c = pc.createColors(colours);
  return {
    bold: c.bold,
    dim: c.dim,
    good: c.green,
    bad: c.red,
    warn: c.yellow,
    table: (rows, head) => table(rows, head, c.dim),
    time: clock,
  };
}

function table(rows: string[][], head: string[], dim: (text: string) => string): string[] {
  if (rows.length === 0) return [dim('(none)')];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => visible(row[column] ?? '').length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visible(cell).length),
      )
      .join('  ');
  return [dim(line(head)), ...rows.map(line)];
}

function visible(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}
