import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runtimes } from '@slowlane/contracts';
import type { LanguagePlugin, PlanConfig, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { matchesGlob } from '@slowlane/kit';
import { loadPipelineFile } from '@slowlane/pipeline';
import { describe, expect, it } from 'vitest';
import { pluginFolders } from './plugins.gen.ts';

const repositoryDir = join(import.meta.dirname, '../../..');
const templates = folders('templates').filter((name) => name.startsWith('driver-'));

describe.each(templates)('templates/%s', (template) => {
  const folder = join(repositoryDir, 'templates', template);
  const pipelineFiles = readdirSync(join(folder, '.slowlane')).filter((name) => name.endsWith('.yaml'));

  it('holds one pipeline file, named like its pipeline', () => {
    expect(pipelineFiles).toHaveLength(1);
    const file = load(join(folder, '.slowlane', pipelineFiles[0] as string));
    expect(pipelineFiles[0]).toBe(`${file.pipeline}.yaml`);
  });

  it('is recognised by exactly the plugin that its pipeline file names, and can be planned', async () => {
    const file = load(join(folder, '.slowlane', pipelineFiles[0] as string));
    const config: PlanConfig = {
      runTests: true,
      coverage: false,
      runtime: runtimes[0] as Runtime,
      main: file.job.main,
      artifact: undefined,
      options: {},
      toolchains: [],
    };
    const found: string[] = [];
    for (const { id, folder: pluginFolder } of pluginFolders) {
      const { plugin } = (await import(join(repositoryDir, pluginFolder, 'src/index.ts'))) as {
        plugin: LanguagePlugin;
      };
      const tree = snapshot(folder, plugin);
      if (plugin.detect(tree).match !== 'yes') continue;
      found.push(id);
      const { reports } = plugin.plan(tree, config);
      if (file.build.test) expect(reports).not.toEqual([]);
    }
    expect(found).toEqual([file.language]);
  });

  it('explains itself in a README', () => {
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('--request');
  });
});

describe.each(readdirSync(join(repositoryDir, 'pipelines')).filter((name) => name.endsWith('.yaml')))(
  'pipelines/%s',
  (name) => {
    it('is a valid pipeline file, named like its pipeline', () => {
      expect(`${load(join(repositoryDir, 'pipelines', name)).pipeline}.yaml`).toBe(name);
    });
  },
);

function load(path: string): ReturnType<typeof loadPipelineFile> {
  return loadPipelineFile(readFileSync(path, 'utf8'), { fileName: relative(repositoryDir, path) });
}

function folders(parent: string): string[] {
  return readdirSync(join(repositoryDir, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function snapshot(folder: string, { manifest }: LanguagePlugin): TreeSnapshot {
  const paths = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
  const entries = paths.map((path) => ({ path, size: statSync(join(folder, path)).size }));
  const read = entries.filter(({ path, size }) =>
    manifest.reads.some(({ glob, maxBytes }) => matchesGlob(path, glob) && size <= maxBytes),
  );
  return {
    entries,
    contents: Object.fromEntries(read.map(({ path }) => [path, readFileSync(join(folder, path), 'utf8')])),
  };
}
