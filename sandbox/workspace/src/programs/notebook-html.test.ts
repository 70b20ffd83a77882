import { describe, expect, it } from 'vitest';
import { notebookHtml } from './notebook-html.ts';
import { parseRecord } from './notebook-record.ts';

const line = (event: Record<string, unknown>): string => `${JSON.stringify(event)}\n`;
const where = { notebook: '/Shared/a', cell: 0, kind: 'python', source: 'print(1)' };

describe('the record of a notebook', () => {
  it('has each cell once: its end takes the place of its start', () => {
    const text =
      line({ ...where, status: 'started' }) +
      line({ ...where, status: 'ok', ms: 5, outputs: [{ kind: 'text', text: '1' }] });
    expect(parseRecord(text + line({ exit: 'done' }))).toMatchObject({
      cells: [{ status: 'ok', ms: 5, outputs: [{ kind: 'text', text: '1' }] }],
      exit: 'done',
    });
  });

  it('of a program that ended in the middle of a cell shows the cell as started', () => {
    expect(parseRecord(line({ ...where, status: 'started' })).cells).toMatchObject([{ status: 'started' }]);
  });

  it('takes whatever a hostile program writes for text or leaves it out', () => {
    const text = `not json\n[]\nnull\n7\n${line({ outputs: [null, 5, { kind: 'table', columns: [{}], rows: ['x', [null, 1]] }], cell: 'x' })}`;
    const { cells } = parseRecord(text);
    expect(cells.at(-1)?.outputs.at(-1)).toEqual({
      kind: 'table',
      columns: ['[object Object]'],
      rows: [[], [null, '1']],
      truncated: false,
    });
    expect(notebookHtml('x', { cells })).toContain('<td>null</td><td>1</td>');
  });
});

describe('the exported page', () => {
  it('shows hostile content as text, and HTML in a frame that may do nothing', () => {
    const hostile = '</pre><script>alert(1)</script>"\'';
    const cell = { ...where, source: hostile, title: hostile, status: 'error', error: hostile, trace: hostile };
    const outputs = [
      { kind: 'text', text: hostile },
      { kind: 'html', text: `<img src=x onerror=alert(1)>${hostile}` },
      { kind: 'markdown', text: hostile },
      { kind: 'table', columns: [hostile], rows: [[hostile]] },
    ];
    const html = notebookHtml(hostile, { cells: [{ ...cell, outputs }], exit: hostile });
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('<iframe sandbox="" srcdoc="&lt;img src=x onerror=alert(1)&gt;&lt;/pre&gt;&lt;script&gt;');
    expect(html).toContain("default-src 'none'");
  });
});
