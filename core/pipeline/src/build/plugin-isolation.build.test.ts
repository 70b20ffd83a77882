import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig, temporaryFolder } from '../__fixtures__/stage-rig.ts';

/** What its file `deed` says, and a failure for every project that has none: it is asked about all of them. */
const evil = `
const hoard = [];
const step = { name: 'x', phase: 'build', argv: ['/bin/true'], cwd: '.', env: {} };
const plan = { plugin: 'evil', tools: [], steps: [step], dependencyFiles: [], registries: [], output: { kind: 'jar', primary: { include: ['x.jar'] } } };
const deeds = {
  throw: () => { throw new Error('boom'); },
  loop: () => { for (;;); },
  memory: () => { for (;;) hoard.push(new Array(1_000_000).fill(Math.random())); },
  nonsense: () => ({ steps: 'none' }),
  'host path': () => ({ ...plan, files: [{ path: '../../etc/cron.d/x', content: '' }] }),
  'host folder': () => ({ ...plan, steps: [{ ...step, cwd: '/root' }] }),
  network: () => ({ ...plan, registries: ['maven'] }),
  name: () => ({ ...plan, plugin: 'python' }),
  environment: () => ({ ...plan, steps: [{ ...step, name: Object.keys(process.env).sort().join() }] }),
};
export const plugin = {
  manifest: {
    id: 'evil', version: '1.0.0', contract: 1, configSchema: {}, reads: [{ glob: 'deed', maxBytes: 100 }], toolchains: [], registries: [],
  },
  detect(tree) {
    if (tree.contents.deed === undefined) throw new Error('nobody asked me');
    return { match: 'yes', evidence: ['deed'] };
  },
  plan: (tree) => deeds[tree.contents.deed](),
  inspect: () => ({}),
  task: () => ({}),
};
`;

/** Real plugin host, real sandbox: what one plugin does ends at the builds of its own language. */
describe.skipIf(!(await canStartRealBuilder()))('with a plugin that misbehaves, and one that cannot be loaded', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await folder.write('evil/src/index.ts', evil);
    await folder.write('broken/src/index.ts', "throw new Error('it cannot be loaded');\n");
    const plugins = ['evil', 'broken'].map((id) => ({ id, folder: `${folder.path}/${id}` }));
    builder = await startRealBuilder({ plugins });
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(async () => {
    await builder.close();
    await folder.remove();
  });

  it('a project of another language is found, built and registered, and its log names the one that failed', async () => {
    const record = await rig.pushed('notes', {
      '.slowlane/notes.yaml': 'pipeline: notes\n',
      'main.py': '# Databricks notebook source\nprint(1)\n',
    });
    expect(record.failure, rig.builds.text(record.id)).toBeUndefined();
    expect(record).toMatchObject({ state: 'registered', found: { plugin: 'notebook' } });
    expect(rig.builds.text(record.id)).toMatch(/plugin evil threw in detect: Error: nobody asked me/);
  });

  it.each([
    ['throws', 'throw', 'threw in plan: Error: boom'],
    ['loops for ever', 'loop', 'did not answer within'],
    ['eats memory', 'memory', 'used more memory'],
    ['answers nonsense', 'nonsense', 'against the contract'],
    ['asks for a file of the machine', 'host path', 'outside /work'],
    ['asks for a folder of the machine', 'host folder', '/root'],
    ['asks for a registry that it did not declare', 'network', 'the registry "maven" is not in its manifest'],
    ['signs as another', 'name', 'signed its answer as "python"'],
  ])('a push of a language whose plugin %s fails alone, with the name of the plugin', async (_what, deed, message) => {
    const record = await rig.pushed('evil', { '.slowlane/evil.yaml': 'pipeline: evil\nlanguage: evil\n', deed });
    expect(record.failure).toMatchObject({
      code: 'plugin.failed',
      message: expect.stringMatching(/\bplugin evil\b/) as string,
    });
    expect(record.failure?.message).toContain(message);
  });

  it('a push that names the one which cannot be loaded learns that, and why', async () => {
    const record = await rig.pushed('odd', { '.slowlane/odd.yaml': 'pipeline: odd\nlanguage: broken\n', x: '' });
    expect(record.failure).toMatchObject({
      code: 'plugin.failed',
      message: expect.stringMatching(/plugin broken .*it cannot be loaded/s) as string,
    });
  });
});
