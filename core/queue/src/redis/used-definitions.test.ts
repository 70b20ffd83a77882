import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScripts, scriptFolder, scriptNames } from './scripts.ts';
import { usedDefinitions } from './used-definitions.ts';

describe('usedDefinitions', () => {
  it('keeps what is used through others, and every statement that is no definition', () => {
    const included = [
      '-- unused() is a word of a comment',
      'local LIMIT = 3',
      'local function unused()',
      '  return LIMIT',
      'end',
      'local function first()',
      '  return 1',
      'end',
      'local table = {}',
      'function table.second()',
      '  return first()',
      'end',
      "redis.call('PING')",
      'if nothing then',
      '  return 0',
      'end',
    ].join('\n');
    const used = usedDefinitions(included, '-- unused()\nreturn table.second()');
    expect(used).not.toContain('unused');
    expect(used).not.toContain('LIMIT');
    expect(used).toContain('local function first()\n  return 1\nend');
    expect(used).toContain('function table.second()');
    expect(used).toContain("redis.call('PING')\nif nothing then\n  return 0\nend");
  });

  it('leaves no script without a definition that its text names', () => {
    const texts = readdirSync(scriptFolder)
      .filter((file) => file.endsWith('.lua'))
      .map((file) => readFileSync(join(scriptFolder, file), 'utf8'));
    const functions = texts.flatMap((text) =>
      [...text.matchAll(/^local function (\w+)/gm)].map(([, name]) => name as string),
    );
    expect(functions.length).toBeGreaterThan(80);
    const scripts = loadScripts(scriptFolder, { leaseMs: 1, patienceMs: 1 });
    for (const name of scriptNames) {
      const { text } = scripts[name];
      const missing = functions.filter(
        (one) =>
          new RegExp(`(?<![\\w.])${one}\\(`).test(text.replace(/--.*$/gm, '')) &&
          !text.includes(`local function ${one}(`),
      );
      expect({ name, missing }).toEqual({ name, missing: [] });
    }
    expect(scripts.claim.text).not.toContain('local function pump(');
    expect(scripts.release.text).toContain('local function pump(');
  });
});
