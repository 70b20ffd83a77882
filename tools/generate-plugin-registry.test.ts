import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pluginRegistry, registryFile } from './generate-plugin-registry.ts';

describe('plugin registry', () => {
  it('is what the folders say (else run: node tools/generate-plugin-registry.ts)', () => {
    expect(readFileSync(registryFile, 'utf8')).toBe(pluginRegistry());
  });

  it('lists folders that hold a plugin, by name, and nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-'));
    for (const id of ['zig', 'ada', 'empty']) mkdirSync(join(folder, 'plugins', id, 'src'), { recursive: true });
    for (const id of ['zig', 'ada']) writeFileSync(join(folder, 'plugins', id, 'src/index.ts'), '');
    writeFileSync(join(folder, 'plugins/notes.md'), '');
    expect(pluginRegistry(folder).match(/id: '\w+'/g)).toEqual(["id: 'ada'", "id: 'zig'"]);
    rmSync(folder, { recursive: true });
  });
});
