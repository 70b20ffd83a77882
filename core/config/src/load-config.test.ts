import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slowlane-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function configOf(text: string) {
  const file = join(folder, 'slowlane.yaml');
  writeFileSync(file, text);
  return () => loadConfig(file);
}

describe('slowlane.yaml', () => {
  it('may be absent: everything has a default', () => {
    const config = loadConfig(join(folder, 'none.yaml'));
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 7070 });
    expect(config.workspaces['local']?.kind).toBe('local');
  });

  it('says file, line and nearest key for an unknown key', () => {
    expect(configOf('listen:\n  prot: 8080\n')).toThrowError(/slowlane\.yaml:2:3: .*prot.*port/s);
  });

  it('says what was expected for a wrong type', () => {
    expect(configOf('builders: many\n')).toThrowError(/slowlane\.yaml:1:\d+: builders: .*number.*many/s);
  });

  it('refuses a policy that allows what cannot be', () => {
    expect(configOf('policy:\n  priority: 12\n')).toThrowError(/policy\.priority/);
  });
});
