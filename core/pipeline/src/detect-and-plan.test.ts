import { BuildPlan, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { manifestFor, type ScriptedPlugin } from './__fixtures__/scripted-plugins.ts';
import { shellPlugin, stageRig } from './__fixtures__/stage-rig.ts';

const shell = shellPlugin(() => planOf({}));
const second = shellPlugin(() => planOf({}), 'second');

describe('the detect stage', () => {
  it('names the plugin and its evidence', async () => {
    const rig = stageRig({ shell });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'detect');
    expect(record.found).toMatchObject({ plugin: 'shell', evidence: ['demo.toml'] });
  });

  it('lists languages and files when nobody knows the project', async () => {
    const rig = stageRig({ shell, second });
    const record = await rig.runTo(await rig.start({ 'a.txt': '', 'src/b.txt': '' }), 'detect');
    expect(record.failure).toMatchObject({
      code: 'detect.none',
      message: 'no language recognises the project; supported: second, shell; seen: a.txt, src/',
    });
  });

  it('lists both when two know it, and takes the one that is named', async () => {
    const rig = stageRig({ shell, second });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'detect');
    expect(record.failure).toMatchObject({
      code: 'detect.ambiguous',
      message: 'the project looks like second (demo.toml) and shell (demo.toml)',
      hint: 'Name one in the pipeline file: language: second | shell',
    });
    const files = { 'demo.toml': '', '.slowlane/demo.yaml': 'pipeline: demo\nlanguage: second\n' };
    expect((await rig.runTo(await rig.start(files), 'detect')).found.plugin).toBe('second');
    const named = await rig.start(files, { kind: 'build-only' }, { language: 'shell' });
    expect((await rig.runTo(named, 'detect')).found.plugin).toBe('shell');
  });

  it('lists the languages when the named one does not exist', async () => {
    const rig = stageRig({ shell });
    const record = await rig.runTo(await rig.start({ x: '' }, { kind: 'build-only' }, { language: 'cobol' }), 'detect');
    expect(record.failure?.message).toBe('there is no language "cobol"; there are: shell');
  });

  it('goes on without a plugin that fails, says so, and shows its failure where no other knows the project', async () => {
    const evil: ScriptedPlugin = {
      ...shellPlugin(() => planOf({}), 'evil'),
      detect: () => {
        throw new SlowLaneError('plugin.failed', 'plugin evil threw in detect: Error: boom', {
          data: { plugin: 'evil' },
        });
      },
    };
    const rig = stageRig({ evil, shell });
    const known = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'detect');
    expect(known.failure).toBeUndefined();
    expect(known.found.plugin).toBe('shell');
    expect(rig.builds.text(known.id)).toContain('plugin evil threw in detect');
    for (const language of [undefined, 'evil']) {
      const unknown = await rig.runTo(await rig.start({ x: '' }, { kind: 'build-only' }, { language }), 'detect');
      expect(unknown.failure).toMatchObject({
        code: 'plugin.failed',
        message: 'plugin evil threw in detect: Error: boom',
      });
    }
  });

  it('shows why a file that decides cannot be read', async () => {
    const broken: ScriptedPlugin = {
      ...shell,
      detect: () => ({ match: 'error', evidence: ['demo.toml'], reason: 'line 3: no value' }),
    };
    const rig = stageRig({ shell: broken });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'detect');
    expect(record.failure).toMatchObject({ code: 'detect.failed', message: 'shell: demo.toml: line 3: no value' });
  });
});

describe('the plan stage', () => {
  it.each<[string, object, string, RegExp]>([
    [
      'a tool that is not installed',
      { tools: [{ name: 'jdk', version: '21', source: 'build.sbt' }] },
      'toolchain.missing',
      /wants jdk 21 \(build\.sbt\); none is installed/,
    ],
    [
      'another version of a tool',
      { tools: [{ name: 'sh', version: '2', source: 'demo.toml' }] },
      'toolchain.missing',
      /installed: 1\.0/,
    ],
    ['a pattern that could hang', { steps: [stepWith('(a+)+b')] }, 'plugin.failed', /bounded time/],
    ['a path outside', { files: [{ path: '../x', content: '' }] }, 'plugin.failed', /leaves \/work/],
    ['a registry it did not declare', { registries: ['cran'] }, 'plugin.failed', /"cran" is not in its manifest/],
  ])('refuses %s', async (_name, plan, code, message) => {
    const rig = stageRig({ shell: shellPlugin(() => planOf(plan)) });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'plan');
    expect(record.failure).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses a registry that the policy does not allow', async () => {
    const { Policy } = await import('@slowlane/contracts');
    const rig = stageRig(
      { shell: shellPlugin(() => planOf({ registries: ['pypi'] })) },
      { policy: Policy.parse({ egress: ['maven'] }) },
    );
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'plan');
    expect(record.failure).toMatchObject({
      code: 'build.egress-denied',
      message: 'the build needs the registry pypi; the policy allows maven',
    });
  });

  it('checks build.options against what the language declares', async () => {
    const rig = stageRig({ shell: { ...shell, manifest: manifestFor('shell') } });
    const files = { 'demo.toml': '', '.slowlane/demo.yaml': 'pipeline: demo\nbuild: { options: { flavor: x } }\n' };
    const record = await rig.runTo(await rig.start(files), 'plan');
    expect(record.failure).toMatchObject({
      code: 'pipeline.invalid',
      message: 'build.options for shell: unknown option "flavor"; did you mean "flavour"?',
    });
  });

  it('keeps the plan as a blob', async () => {
    const rig = stageRig({ shell });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'plan');
    expect(record.failure).toBeUndefined();
    expect(record.found.plan).toMatch(/^sha256:/);
  });
});

function stepWith(pattern: string): object {
  return { name: 's', phase: 'build', argv: ['x'], missPatterns: [pattern] };
}

function planOf(more: object): BuildPlan {
  return BuildPlan.parse({
    plugin: 'shell',
    tools: [],
    steps: [{ name: 's', phase: 'build', argv: ['x'] }],
    dependencyFiles: [],
    registries: [],
    output: { kind: 'python-script', primary: { include: ['out/*.py'] } },
    ...more,
  });
}
