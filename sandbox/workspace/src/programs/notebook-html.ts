import { escapeHtml } from '../runs/escape-html.ts';
import type { CellOutput, CellRecord, NotebookRecord } from './notebook-record.ts';

/** A notebook with its outputs as one HTML page. All text is escaped; HTML that the notebook shows stands in a frame that may do nothing. */
export function notebookHtml(name: string, record: NotebookRecord): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"><title>${escapeHtml(name)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}pre{background:#f4f4f4;padding:.75rem;overflow:auto;white-space:pre-wrap}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .5rem}iframe{width:100%;border:1px solid #ccc}.error{color:#b00020}.meta{color:#666}</style></head>
<body>
<h1>${escapeHtml(name)}</h1>
${cellsHtml(record)}
</body>
</html>
`;
}

/** The cells alone, for a page that has a head of its own. */
export function cellsHtml(record: NotebookRecord): string {
  const exit = record.exit === undefined ? '' : `<p>Notebook exited: ${escapeHtml(record.exit)}</p>`;
  return `${record.cells.map(cellHtml).join('\n')}\n${exit}`;
}

function cellHtml(cell: CellRecord): string {
  const title = cell.title === undefined ? '' : `<h3>${escapeHtml(cell.title)}</h3>`;
  const took = cell.ms === undefined ? '' : `, ${cell.ms} ms`;
  const error = cell.trace ?? cell.error;
  return `<section>${title}<p class="meta">${escapeHtml(`${cell.kind}: ${cell.status}`)}${took}</p>
${cell.kind === 'md' ? '' : `<pre><code>${escapeHtml(cell.source)}</code></pre>`}
${cell.outputs.map(outputHtml).join('\n')}
${error === undefined ? '' : `<pre class="error">${escapeHtml(error)}</pre>`}</section>`;
}

function outputHtml(output: CellOutput): string {
  if (output.kind === 'table') return tableHtml(output);
  if (output.kind === 'html') return `<iframe sandbox="" srcdoc="${escapeHtml(output.text ?? '')}"></iframe>`;
  return `<pre>${escapeHtml(output.text ?? '')}</pre>`;
}

function tableHtml({ columns = [], rows = [], truncated }: CellOutput): string {
  const line = (tag: string, cells: readonly (string | null)[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell ?? 'null')}</${tag}>`).join('')}</tr>`;
  const more = truncated === true ? '<p class="meta">Only the first rows are shown.</p>' : '';
  return `<table>${line('th', columns)}${rows.map((row) => line('td', row)).join('')}</table>${more}`;
}
