import { describe, expect, it } from 'vitest';
import { start } from './start.ts';

const module = new URL('./inherited-descriptors.ts', import.meta.url).href;

describe('inherited descriptors', () => {
  it('are found and closed, and a child then has none of them', async () => {
    const source = `
      import { closeInheritedDescriptors, inheritedDescriptors } from ${JSON.stringify(module)};
      const found = closeInheritedDescriptors();
      console.log(JSON.stringify({ found, after: inheritedDescriptors() }));`;
    // Node itself closes low ones to its children; a high one beyond a gap gets through.
    const argv = [
      '/bin/bash',
      '-c',
      'exec 200</dev/null; exec "$@"',
      'x',
      process.execPath,
      '--input-type=module',
      '-e',
      source,
    ];
    const child = start(argv);
    const text = Buffer.concat((await child.stdout?.toArray()) as Buffer[]).toString();
    const { found, after } = JSON.parse(text) as { found: number[]; after: number[] };
    expect(found).toContain(200);
    expect(after).toEqual([]);
  });
});
