import { runtimes } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { detect } from './detect.ts';
import { plan } from './plan.ts';

const config: PlanConfig = {
  runTests: true,
  coverage: false,
  runtime: runtimes[0] as Runtime,
  main: undefined,
  artifact: undefined,
  options: {},
  toolchains: [
    { name: 'jdk', version: '25.0.1' },
    { name: 'jdk', version: '17.0.15' },
    { name: 'sbt-launcher', version: '1.11.7' },
  ],
};

function treeOf(contents: Record<string, string>): TreeSnapshot {
  return {
    entries: Object.keys(contents)
      .sort()
      .map((path) => ({ path, size: 1 })),
    contents,
  };
}

const plain = treeOf({ 'build.sbt': 'scalaVersion := "2.13.16"', 'project/build.properties': 'sbt.version=1.10.7' });

describe('detect', () => {
  it('gives the file that decided, with the Scala version it read', () => {
    expect(detect(plain)).toEqual({
      match: 'yes',
      evidence: ['build.sbt (scalaVersion 2.13.16)', 'project/build.properties'],
    });
  });

  it('says which file it could not read', () => {
    expect(detect({ entries: [{ path: 'build.sbt', size: 9e9 }], contents: {} })).toMatchObject({
      match: 'error',
      reason: expect.stringContaining('build.sbt') as string,
    });
  });
});

describe('plan', () => {
  it('starts sbt once with the gateway and once without network', () => {
    const { steps } = plan(plain, config);
    expect(steps.map((step) => [step.phase, tasksOf(step)])).toEqual([
      ['resolve', ['Test/compile', 'package', 'slowlaneCompanions']],
      ['build', ['test', 'package', 'slowlaneCompanions']],
    ]);
    expect(steps[0]?.argv).not.toContain('-Dsbt.offline=true');
    expect(steps[1]?.argv).toContain('-Dsbt.offline=true');
    expect(steps[1]?.env['COURSIER_MODE']).toBe('offline');
  });

  it('gives both phases the same repositories file, which knows the gateway and nothing else', () => {
    const { files, steps } = plan(plain, config);
    const file = files.find(({ path }) => path === 'home/sbt/repositories');
    expect(file?.content).toBe('[repositories]\n  local\n  slowlane: http://127.0.0.1:3128/maven/\n');
    for (const step of steps) expect(step.argv).toContain('-Dsbt.repository.config=/work/home/sbt/repositories');
  });

  it('takes assembly where the plugin is, and then no companions', () => {
    const tree = treeOf({
      'build.sbt': '',
      'project/plugins.sbt': 'addSbtPlugin("com.eed3si9n" % "sbt-assembly" % "2.3.1")',
    });
    const { files, steps, output } = plan(tree, { ...config, runTests: false });
    expect(steps.map(tasksOf)).toEqual([['assembly'], ['assembly']]);
    expect(output.companions.include).toEqual([]);
    expect(files.map(({ path }) => path)).not.toContain('home/sbt/slowlane.sbt');
  });

  it('remembers where versions come from', () => {
    expect(plan(plain, config).tools).toEqual([
      { name: 'jdk', version: '17.0.15', source: 'runtime 17.3.x-scala2.13' },
      { name: 'sbt-launcher', version: '1.11.7', source: 'project/build.properties (sbt 1.10.7)' },
    ]);
  });

  it('asks for the JDK of the runtime where the machine has none that fits', () => {
    expect(plan(plain, { ...config, toolchains: [] }).tools[0]).toMatchObject({ name: 'jdk', version: '17' });
  });

  it('narrows the artifact to what the pipeline file declares', () => {
    expect(plan(plain, { ...config, artifact: 'target/scala-2.13/app.jar' }).output.primary).toEqual({
      include: ['src/target/scala-2.13/app.jar'],
      exclude: [],
    });
  });

  it('uses the short-running compiler for small builds only', () => {
    const large = {
      ...plain,
      entries: [
        ...plain.entries,
        ...Array.from({ length: 61 }, (_, index) => ({ path: `src/F${index}.scala`, size: 1 })),
      ],
    };
    expect(plan(plain, config).steps[1]?.argv).toContain('-XX:TieredStopAtLevel=1');
    expect(plan(large, config).steps[1]?.argv).not.toContain('-XX:TieredStopAtLevel=1');
  });

  it('refuses several projects with their names and folders', () => {
    const tree = treeOf({ 'build.sbt': 'lazy val core = project\nlazy val app = (project in file("modules/app"))' });
    expect(() => plan(tree, config)).toThrow(
      expect.objectContaining({
        code: 'plan.refused',
        message: 'build.sbt: 2 projects in one sbt build (core, app)',
        candidates: ['core (core)', 'app (modules/app)'],
      }) as Error,
    );
  });

  it.each(['0.13.18', '2.0.0', '1.3.13', 'latest'])('refuses sbt %s by name', (version) => {
    const tree = treeOf({ 'build.sbt': '', 'project/build.properties': `sbt.version=${version}` });
    expect(() => plan(tree, config)).toThrow(
      expect.objectContaining({ code: 'plan.refused', message: expect.stringContaining(version) as string }) as Error,
    );
  });
});

describe('what sbt says when it fails', () => {
  const build = plan(plain, config).steps[1] as PlanStep;

  it.each([
    ['[error] [launcher] could not retrieve sbt 1.11.7', 'build.dependency'],
    [
      '[error] (update) sbt.librarymanagement.ResolveException: Error downloading com.lihaoyi:os-libx_2.13:0.11.3',
      'build.dependency',
    ],
    ['[error] (Test / test) sbt.TestsFailedException: Tests unsuccessful', 'build.tests-failed'],
    ['[error] (Compile / compileIncremental) Compilation failed', undefined],
    ['/work/src/build.sbt:9: error: not found: value foo', undefined],
  ])('%s', (line, code) => {
    expect(build.failurePatterns.find(({ pattern }) => new RegExp(pattern).test(line))?.code).toBe(code);
    expect(build.missPatterns.some((pattern) => new RegExp(pattern).test(line))).toBe(code === 'build.dependency');
  });
});

function tasksOf(step: PlanStep): string[] {
  return step.argv.slice(step.argv.indexOf('/opt/sbt/sbt-launch.jar') + 1);
}
