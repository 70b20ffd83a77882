import { closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fifoPool } from './fifo-pool.ts';
import { start } from './start.ts';

describe('fifo pool', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/slowlane-fifos-`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives pipes that a program can open again by name, and hides their names', async () => {
    const pool = fifoPool(folder, 2);
    const [input, output] = await Promise.all([pool.input(), pool.output()]);
    const child = start(['/bin/sh', '-c', 'cat /dev/stdin > /dev/stdout'], {
      stdin: input.theirs,
      stdout: output.theirs,
    });
    closeSync(input.theirs);
    closeSync(output.theirs);
    const bytes = 'x'.repeat(1_000_000);
    input.ours.end(bytes);
    const text = Buffer.concat((await output.ours.toArray()) as Buffer[]).toString();
    expect(text === bytes).toBe(true);
    expect((await child.ended).exitCode).toBe(0);
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2);
  });
});
