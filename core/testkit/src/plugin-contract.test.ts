import { PlanRefusal } from '@slowlane/contracts';
import type { BuildPlan, LanguagePlugin } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { pluginContractSuite } from './plugin-contract.ts';
import type { PluginFixtures } from './plugin-contract.ts';

const plan: BuildPlan = {
  plugin: 'good',
  tools: [],
  files: [],
  steps: [{ name: 'x', phase: 'build', argv: ['true'], cwd: '.', env: {}, missPatterns: [], failurePatterns: [] }],
  dependencyFiles: [],
  registries: [],
  reports: [],
  output: { kind: 'jar', primary: { include: ['out/*.jar'], exclude: [] }, companions: { include: [], exclude: [] } },
};

const good: LanguagePlugin = {
  manifest: {
    id: 'good',
    version: '1.0.0',
    contract: 1,
    configSchema: { type: 'object', additionalProperties: false },
    reads: [{ glob: '*.good', maxBytes: 100 }],
    toolchains: [],
    registries: [],
  },
  detect: (tree) =>
    tree.entries.some((entry) => entry.path.endsWith('.good'))
      ? { match: 'yes', evidence: ['x.good'] }
      : { match: 'no' },
  plan: (_, config) => {
    if (config.coverage) throw new PlanRefusal('plan.refused', 'no coverage');
    return plan;
  },
  inspect: (artifact, { main }) => {
    if (main !== 'a.B') throw new PlanRefusal('artifact.main-class-missing', 'no main class');
    return { plugin: 'good', kind: artifact.kind, main, mainCandidates: [], spark: 'none' };
  },
  task: (manifest, published) => ({
    task: { spark_jar_task: { main_class_name: manifest.main } },
    libraries: [published.primary, ...Object.values(published.companions)].map((jar) => ({ jar })),
  }),
};

const artifact: PluginFixtures['artifacts'][number]['artifact'] = {
  kind: 'jar',
  name: 'a.jar',
  size: 1,
  entries: [],
  contents: {},
  mainClasses: [],
  companions: [{ name: 'b.jar', size: 1 }],
};
const fixtures: PluginFixtures = {
  projects: [
    { name: 'mine', files: { 'x.good': '' }, detect: 'yes' },
    { name: 'foreign', files: { 'x.bad': '' }, detect: 'no' },
  ],
  artifacts: [
    { name: 'fits', artifact, main: 'a.B', expect: { main: 'a.B' } },
    { name: 'unfit', artifact, main: 'a.C', expect: { refusal: 'artifact.main-class-missing' } },
  ],
};

async function failing(overrides: Partial<LanguagePlugin>, of: PluginFixtures = fixtures): Promise<string[]> {
  return (await pluginContractSuite({ ...good, ...overrides }, of))
    .filter((finding) => !finding.ok)
    .map((finding) => `${finding.test}: ${finding.detail}`);
}

describe('pluginContractSuite', () => {
  it('finds nothing wrong with a plugin that keeps the contract', async () => {
    expect(await failing({})).toEqual([]);
  });

  const withSteps = (step: Partial<BuildPlan['steps'][number]>): Partial<LanguagePlugin> => ({
    plan: (_, config) =>
      config.coverage
        ? good.plan(_, config)
        : { ...plan, steps: [{ ...(plan.steps[0] as BuildPlan['steps'][number]), ...step }] },
  });

  it.each<[string, Partial<LanguagePlugin>, RegExp]>([
    ['says yes to everything', { detect: () => ({ match: 'yes', evidence: ['x'] }) }, /an empty tree/],
    [
      'gives no evidence',
      { detect: (tree) => (tree.entries.length > 0 ? { match: 'yes', evidence: [] } : { match: 'no' }) },
      /yes without evidence/,
    ],
    [
      'throws on broken files',
      { detect: (tree) => JSON.parse(Object.values(tree.contents)[0] ?? '{"match":"no"}') as never },
      /broken files instead of throwing/,
    ],
    ['changes its input', { detect: (tree) => ((tree.entries.length = 0), { match: 'no' }) }, /mine: detect says yes/],
    [
      'plans another way each time',
      { plan: () => ({ ...plan, tools: [{ name: 'x', version: String(Math.random()), source: '' }] }) },
      /another plan the second time/,
    ],
    ['is asynchronous', { plan: (async () => plan) as never }, /the plan is valid/],
    [
      'throws a plain error',
      {
        plan: () => {
          throw new Error('boom');
        },
      },
      /boom/,
    ],
    [
      'refuses by a code of ours',
      {
        plan: () => {
          throw new PlanRefusal('auth.invalid', 'x');
        },
      },
      /refused with the code auth.invalid/,
    ],
    ['leaves coverage out', { plan: () => plan }, /left out silently/],
    ['runs a shell line', withSteps({ argv: ['/bin/sh', '-c', 'x'] }), /is a shell line/],
    [
      'writes outside',
      {
        plan: (_, config) =>
          config.coverage ? good.plan(_, config) : { ...plan, files: [{ path: '../x', content: '' }] },
      },
      /leaves \/work/,
    ],
    ['brings a costly pattern', withSteps({ missPatterns: ['(a+)+b'] }), /pattern \(a\+\)\+b/],
    [
      'uses an undeclared registry',
      { plan: (_, config) => (config.coverage ? good.plan(_, config) : { ...plan, registries: ['npm'] }) },
      /registry npm is not in the manifest/,
    ],
    ['resolves without saying how a miss looks', withSteps({ phase: 'resolve' }), /no build step/],
    [
      'accepts any main',
      { inspect: (view) => ({ plugin: 'good', kind: view.kind, main: 'a.B', mainCandidates: [], spark: 'none' }) },
      /unfit: inspect refuses/,
    ],
    [
      'forgets the companions',
      {
        task: (manifest, published) => ({
          task: { spark_jar_task: { main_class_name: manifest.main } },
          libraries: [{ jar: published.primary }],
        }),
      },
      /b\.jar is missing/,
    ],
  ])('finds a plugin that %s', async (_, overrides, expected) => {
    expect((await failing(overrides)).join('\n')).toMatch(expected);
  });

  it('finds fixtures that prove nothing', async () => {
    expect(await failing({}, { projects: [], artifacts: [] })).toHaveLength(2);
  });
});
