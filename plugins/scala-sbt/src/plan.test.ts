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

  describe('of a build with several projects', () => {
    const definition = 'lazy val core = project\nlazy val app = (project in file("modules/app")).dependsOn(core)';
    const library = treeOf({ 'build.sbt': definition, 'core/src/main/scala/A.scala': '' });
    const both = treeOf({ ...library.contents, 'modules/app/src/main/scala/B.scala': '' });

    it('builds the one that has sources, or the one that is named, and tests what it depends on', () => {
      const { steps, output, files } = plan(both, { ...config, options: { project: 'app' } });
      expect(steps.map(tasksOf)).toEqual([
        ['app/slowlaneTestCompile', 'app/package', 'app/slowlaneCompanions'],
        ['app/slowlaneTest', 'app/package', 'app/slowlaneCompanions'],
      ]);
      expect(output.primary.include).toEqual(['src/modules/app/target/scala-*/*.jar']);
      expect(files.map(({ path }) => path)).toContain('home/sbt/slowlane-tests.sbt');
      expect(plan(library, config).output.primary.include).toEqual(['src/core/target/scala-*/*.jar']);
    });

    it('refuses to guess, with names and folders', () => {
      expect(() => plan(both, config)).toThrow(
        expect.objectContaining({
          code: 'plan.refused',
          message: '2 projects of the sbt build could be the driver: core, app',
          hint: 'Name it in the pipeline file: build: { options: { project: app } }',
          candidates: ['core (core)', 'app (modules/app)'],
        }) as Error,
      );
      expect(() => plan(both, { ...config, options: { project: 'ap' } })).toThrow(/no project "ap"/);
    });

    it('refuses a project of several platforms', () => {
      const tree = treeOf({ 'build.sbt': 'lazy val shared = crossProject(JVMPlatform, JSPlatform)' });
      expect(() => plan(tree, { ...config, options: { project: 'shared' } })).toThrow(/several platforms/);
    });
  });

  describe('of a cross build', () => {
    const cross = (versions: string) => treeOf({ 'build.sbt': `crossScalaVersions := Seq(${versions})` });

    it('switches to the version that the runtime needs, and takes that JAR only', () => {
      const tree = cross('"2.12.20", "2.13.16"');
      const { steps, output } = plan(tree, config);
      for (const step of steps) expect(tasksOf(step)[0]).toBe('++2.13.16');
      expect(output.primary.include).toEqual(['src/target/scala-2.13/*.jar']);
      const older = plan(tree, { ...config, runtime: runtimes.find(({ scala }) => scala === '2.12') as Runtime });
      expect(tasksOf(older.steps[0] as PlanStep)[0]).toBe('++2.12.20');
    });

    it.each([
      ['"2.12.20", "3.3.6"', /has no Scala 2\.13, which 17\.3\.x-scala2\.13 needs/],
      ['"2.13.15", "2.13.16"', /several Scala 2\.13 versions: 2\.13\.15, 2\.13\.16/],
    ])('refuses %s', (versions, message) => {
      expect(() => plan(cross(versions), config)).toThrow(message);
    });
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
