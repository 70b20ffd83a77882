import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlowLaneYaml } from '@slowlane/config';
import type { Logger } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pluginFolders } from '../plugins.gen.ts';
import { repository } from '../processes/installation.ts';
import { listPlugins } from './list-plugins.ts';
import { newPlugin } from './new-plugin.ts';
import { testPlugin } from './test-plugin.ts';

const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const how = { repository, node: process.execPath, logger };

describe('the commands of plugin authors', () => {
  let parent: string;
  beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'slowlane-plugin-'))));
  afterEach(() => rmSync(parent, { recursive: true }));

  it.each(['go', 'acme-go'])(
    'plugin new %s makes a folder that plugin test finds nothing wrong with',
    async (name) => {
      const { folder, files, line } = newPlugin(name, { repository, parent });
      expect(folder).toBe(join(parent, `plugin-${name}`));
      expect(files).toContain('src/index.ts');
      expect(line).toBe(`plugins: [./plugin-${name}]`);
      const outcome = await testPlugin(folder, how);
      expect(outcome.findings.filter(({ ok }) => !ok)).toEqual([]);
      expect(outcome).toMatchObject({ plugin: name, failed: 0 });
      expect(outcome.passed).toBeGreaterThan(30);
      expect(readFileSync(join(folder, 'example/.slowlane/time-zones.yaml'), 'utf8')).toContain(`language: ${name}\n`);
    },
    60_000,
  );

  it.each(['../x', 'Go', 'a b', '', 'python'])('plugin new refuses the name %j, and writes nothing', (name) => {
    const usage = expect.objectContaining({ code: 'cli.usage' }) as Error;
    expect(() => newPlugin(name, { repository, parent })).toThrow(usage);
    expect(existsSync(join(parent, `plugin-${name}`))).toBe(false);
  });

  it('plugin new never writes over a folder', () => {
    newPlugin('go', { repository, parent });
    expect(() => newPlugin('go', { repository, parent })).toThrow(/is there already/);
  });

  it.each([
    ['throws', 'throw new Error("boom");', /threw in detect: Error: boom/],
    ['never answers', 'for (;;);', /did not answer within/],
    ['answers nonsense', 'return { match: "perhaps" } as never;', /against the contract/],
    ['answers a promise', 'return Promise.resolve({ match: "no" }) as never;', /against the contract/],
    ['eats memory', 'const all = []; for (;;) all.push(new Array(1_000_000).fill(Math.random()));', /used more memory/],
    ['says yes to everything', 'return { match: "yes", evidence: ["x"] };', /an empty tree is not the plugin's/],
    [
      'reads the host',
      'return { match: "yes", evidence: [process.getBuiltinModule("fs").readFileSync("/etc/passwd", "utf8")] };',
      /ERR_ACCESS_DENIED|permission/i,
    ],
  ])(
    'plugin test finds a plugin that %s',
    async (_, body, finding) => {
      const { folder } = newPlugin('bad', { repository, parent });
      keepOneFixture(folder);
      writeFileSync(
        join(folder, 'src/detect.ts'),
        `import type { Detection } from '@slowlane/contracts';\nexport function detect(): Detection {\n  ${body}\n}\n`,
      );
      const { findings, failed } = await testPlugin(folder, { ...how, callTimeoutMs: 3_000 });
      expect(failed).toBeGreaterThan(0);
      expect(findings.map(({ test, detail }) => `${test}: ${detail}`).join('\n')).toMatch(finding);
    },
    240_000,
  );

  it.each([
    ['calls itself something else', 'src/index.ts', "id: 'bad'", "id: 'good'", /calls itself "good"/],
    ['cannot be loaded', 'src/index.ts', 'export const plugin', 'const plugin', /exports no "plugin"/],
    ['signs as another', 'src/plan.ts', "plugin: 'bad'", "plugin: 'python'", /signed its answer as "python"/],
    ['plans a path outside', 'src/plan.ts', "path: 'home/slowlane/pack.py'", "path: '../../etc/x'", /outside \/work/],
  ])(
    'plugin test finds a plugin that %s',
    async (_, file, from, to, finding) => {
      const { folder } = newPlugin('bad', { repository, parent });
      keepOneFixture(folder);
      const text = readFileSync(join(folder, file), 'utf8');
      expect(text).toContain(from);
      writeFileSync(join(folder, file), text.replace(from, to));
      const { findings } = await testPlugin(folder, how);
      expect(findings.flatMap(({ ok, detail }) => (ok ? [] : [detail])).join('\n')).toMatch(finding);
    },
    60_000,
  );

  it('plugin test says what is missing in a folder that holds no plugin', async () => {
    await expect(testPlugin(parent, how)).rejects.toMatchObject({
      code: 'cli.usage',
      message: expect.stringContaining('package.json') as string,
      hint: expect.stringContaining('slowlane plugin new') as string,
    });
  });

  it('plugin ls shows those that ship, foreign ones, two versions side by side, and why one is broken', async () => {
    const { folder } = newPlugin('acme', { repository, parent });
    for (const [name, version] of [
      ['two', '2.0.0'],
      ['broken', '3.0.0'],
    ] as const) {
      cpSync(folder, join(parent, name), { recursive: true });
      for (const file of ['package.json', 'src/index.ts']) replaceIn(join(parent, name, file), '1.0.0', version);
    }
    replaceIn(join(parent, 'broken/src/index.ts'), 'export const plugin', 'const plugin');
    const config = SlowLaneYaml.parse({ plugins: ['./plugin-acme', './two', './broken'] });
    const environment = { configFile: join(parent, 'slowlane.yaml') } as Parameters<
      typeof listPlugins
    >[0]['environment'];
    const { plugins } = await listPlugins({ config, environment, repository }, how);
    expect(plugins).toHaveLength(pluginFolders.length + 3);
    expect(plugins.filter(({ problem }) => problem !== undefined)).toMatchObject([
      { id: 'acme@3.0.0', problem: expect.stringContaining('exports no "plugin"') as string },
    ]);
    expect(plugins.find(({ id }) => id === 'acme@2.0.0')).toMatchObject({
      version: '2.0.0',
      source: 'folder',
      recognises: ['go.mod', '*.go', 'cmd/*/*.go'],
      registries: ['go'],
    });
    expect(plugins.find(({ id }) => id === 'java-maven')).toMatchObject({ source: 'built-in' });
  }, 60_000);
});

function replaceIn(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
}

/** Each call of a hostile plugin costs its time limit: two projects and two artifacts show as much as all. */
function keepOneFixture(folder: string): void {
  const file = join(folder, '__fixtures__/contract.json');
  const all = JSON.parse(readFileSync(file, 'utf8')) as { projects: { detect: string }[]; artifacts: object[] };
  const projects = [all.projects[0], all.projects.find(({ detect }) => detect === 'no')];
  writeFileSync(file, JSON.stringify({ projects, artifacts: all.artifacts.slice(0, 2) }));
}
