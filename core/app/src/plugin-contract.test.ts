import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguagePlugin } from '@slowlane/contracts';
import { pluginContractSuite } from '@slowlane/testkit';
import type { PluginFixtures } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { pluginFolders } from './plugins.gen.ts';

const repositoryDir = join(import.meta.dirname, '../../..');

describe('plugins', () => {
  it('the registry lists the folders of plugins/ (else run: node tools/generate-plugin-registry.ts)', () => {
    const folders = readdirSync(join(repositoryDir, 'plugins'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(pluginFolders.map(({ id }) => id)).toEqual(folders.map(({ name }) => name).sort());
    expect(pluginFolders.every(({ id, folder }) => folder === `plugins/${id}`)).toBe(true);
  });

  describe.each(pluginFolders)('$id', ({ id, folder }) => {
    it('has the files that every plugin has', () => {
      for (const file of [
        'readme.md',
        'package.json',
        ...['index', 'detect', 'plan', 'inspect', 'task', 'schema'].map((name) => `src/${name}.ts`),
      ])
        expect(() => readFileSync(join(repositoryDir, folder, file))).not.toThrow();
    });

    it('keeps the contract', async () => {
      const { plugin } = (await import(join(repositoryDir, folder, 'src/index.ts'))) as { plugin: LanguagePlugin };
      const fixtures = JSON.parse(
        readFileSync(join(repositoryDir, folder, '__fixtures__/contract.json'), 'utf8'),
      ) as PluginFixtures;
      expect(plugin.manifest.id).toBe(id);
      const findings = await pluginContractSuite(plugin, fixtures);
      expect(findings.filter((finding) => !finding.ok)).toEqual([]);
      expect(findings.length).toBeGreaterThan(20);
    });
  });
});
