import { registerSecrets } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';

describe('createLineSplitter', () => {
  it('makes lines wherever the chunks end, also inside a character', () => {
    const bytes = Buffer.from('día uno\r\ndos\nlast');
    for (let size = 1; size < 8; size++) expect(lines(bytes, size)).toEqual(['día uno', 'dos', 'last']);
  });

  it('masks a secret that two chunks share', () => {
    registerSecrets(['hunter2-hunter2']);
    const bytes = Buffer.from('password=hunter2-hunter2 done\n');
    for (let size = 1; size < 20; size++) expect(lines(bytes, size)).toEqual(['password=*** done']);
  });

  it('takes colours, titles and overprinted progress away', () => {
    expect(lines(Buffer.from('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\n10%\r50%\r100%\n'), 7)).toEqual([
      'red x',
      '100%',
    ]);
  });

  it('keeps only the beginning of a line without end, and goes on after it', () => {
    const [long, next] = lines(Buffer.from(`${'x'.repeat(2_000_000)}\nnext\n`), 65_536);
    expect(long).toMatch(/^x{4000} … \[line cut\]$/);
    expect(next).toBe('next');
  });

  it('does not show the head of a secret that the cut would halve', () => {
    registerSecrets(['s3cret-s3cret-s3cret']);
    const [line] = lines(Buffer.from(`${'x'.repeat(3_990)}s3cret-s3cret-s3cret${'y'.repeat(5_000)}`), 1_000);
    expect(line).not.toContain('s3cret');
  });
});

function lines(bytes: Buffer, size: number): string[] {
  const splitter = createLineSplitter();
  const all: string[] = [];
  for (let at = 0; at < bytes.length; at += size) all.push(...splitter.push(bytes.subarray(at, at + size)));
  return [...all, ...splitter.end()];
}
