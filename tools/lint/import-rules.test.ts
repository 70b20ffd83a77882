import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importRules } from './import-rules.ts';

const rows = readFileSync(new URL('../../docs/imports.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the import table', () => {
  it('names the same projects as the lint', () => {
    expect(rows.map((row) => row[1]?.replaceAll('`', ''))).toEqual(Object.keys(importRules));
  });

  it('allows the same imports as the lint', () => {
    for (const row of rows) {
      const project = row[1]?.replaceAll('`', '') ?? '';
      const cell = row[2] ?? '';
      const rule = importRules[project];
      const allowed =
        rule?.mayImport === 'everything'
          ? 'everything of core, plugins and sandbox'
          : rule?.mayImport.map((name) => name.split('/')[1]).join(', ') || '–';
      expect(cell, project).toBe(allowed);
    }
  });

  it('gives each owned module to the same owners as the lint', () => {
    for (const row of rows) {
      const project = row[1]?.replaceAll('`', '') ?? '';
      const modules = [...(row[3] ?? '').matchAll(/`([^`]+)`/g)]
        .map((match) => match[1])
        .filter((name) => name !== 'process.env');
      expect(modules, project).toEqual(importRules[project]?.owns);
    }
  });

  it('has a row for every project on disk, and a tag in its package.json', () => {
    for (const area of ['core', 'plugins', 'sandbox']) {
      for (const name of readdirSync(new URL(`../../${area}`, import.meta.url))) {
        const project = `${area}/${name}`;
        expect(Object.keys(importRules)).toContain(project);
        const manifest = JSON.parse(
          readFileSync(new URL(`../../${project}/package.json`, import.meta.url), 'utf8'),
        ) as { nx: { tags: string[] } };
        expect(manifest.nx.tags).toEqual([`${area}:${name}`]);
      }
    }
  });
});
