import { runtimes } from '@slowlane/contracts';
import type { PlanConfig, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { codeOf, hasPortalPlugins, includedProjects, jarTasks, projectFolders } from './gradle-text.ts';
import { plan } from './plan.ts';

const config: PlanConfig = {
  runTests: true,
  coverage: false,
  runtime: runtimes[0] as Runtime,
  main: undefined,
  artifact: undefined,
  options: {},
  toolchains: [
    { name: 'jdk', version: '17.0.15' },
    { name: 'gradle', version: '4.4.1' },
  ],
};
const wrapper = 'gradle/wrapper/gradle-wrapper.properties';
const sha256 = 'a'.repeat(64);

describe('plan', () => {
  it("takes the machine's Gradle where the project has no wrapper", () => {
    const made = plan(one(), config);
    expect(made.tools).toContainEqual({ name: 'gradle', version: '4.4.1', source: 'installed on this machine' });
    expect(made.steps.map((step) => step.argv[0])).toEqual(['gradle', 'gradle']);
    expect(made.registries).toEqual(['maven']);
  });

  it('fetches the distribution of the wrapper, with the digest that it pins', () => {
    const made = plan(one({ [wrapper]: properties('8.14', sha256) }), config);
    expect(made.steps[0]?.argv.slice(-3)).toEqual(['gradle-dist/gradle-8.14-bin.zip', 'gradle-8.14', sha256]);
    expect(made.steps[2]?.argv[0]).toBe('/work/home/gradle-8.14/bin/gradle');
    expect(made.registries).toEqual(['maven', 'gradle-dist']);
    expect(made.tools.map((tool) => tool.name)).toEqual(['jdk']);
  });

  it('fetches nothing that is installed, or that the author does not want', () => {
    for (const [version, options] of [
      ['4.4.1', {}],
      ['8.14', { gradle: 'toolchain' }],
    ] as const)
      expect(plan(one({ [wrapper]: properties(version) }), { ...config, options }).steps).toHaveLength(2);
  });

  it('says which Gradle the Java at hand needs', () => {
    expect(() => plan(one({ [wrapper]: properties('7.2') }), config)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Gradle 7.2 does not run on Java 17'),
        hint: 'Move to Gradle 7.3 or later: gradle wrapper --gradle-version 7.3',
      }) as Error,
    );
    expect(() => plan(one({ [wrapper]: properties('7.10') }), config)).not.toThrow();
  });

  it('runs in the build phase what it resolved for, without network', () => {
    const { steps } = plan(one(), config);
    expect(steps.map((step) => step.phase)).toEqual(['resolve', 'build']);
    expect(steps[1]?.argv).toContain('--offline');
    expect(steps[1]?.argv.slice(-3)).toEqual([':slowlaneTest', ':slowlaneArtifact', ':slowlaneLibraries']);
    expect(steps[0]?.argv).toContain('-Pslowlane.resolving=true');
    expect(steps[1]?.argv).not.toContain('-Pslowlane.resolving=true');
  });

  it.each([
    ['shadow', "plugins { id 'com.gradleup.shadow' version '9.0.0' }"],
    ['a JAR filled by hand', 'jar { from { configurations.runtimeClasspath.collect { zipTree(it) } } }'],
  ])('takes no companions with %s', (_, text) => {
    const made = plan(one({ 'build.gradle': text }), config);
    expect(made.output.companions.include).toEqual([]);
    expect(made.steps[1]?.argv).not.toContain(':slowlaneLibraries');
  });

  it('lists the projects where it cannot know the driver', () => {
    const tree = treeOf({
      'settings.gradle.kts': 'include(":core", ":jobs:daily")',
      'core/src/main/java/A.java': '',
      'jobs/daily/src/main/kotlin/B.kt': '',
    });
    expect(() => plan(tree, config)).toThrow(
      expect.objectContaining({
        message: '2 projects could be the driver: :core, :jobs:daily',
        candidates: [':core', ':jobs:daily'],
        hint: 'Name it in the pipeline file: build: { options: { project: "core" } }',
      }) as Error,
    );
    const made = plan(tree, { ...config, options: { project: 'jobs:daily' } });
    expect(made.steps[1]?.argv).toContain(':jobs:daily:slowlaneArtifact');
    expect(made.steps[1]?.argv).toContain('-Pslowlane.driver=:jobs:daily');
  });

  it('asks for the JDK that the build file names', () => {
    const text = 'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }';
    expect(plan(one({ 'build.gradle': text }), config).tools).toContainEqual({
      name: 'jdk',
      version: '21',
      source: 'java.toolchain of the build file',
    });
  });

  it('asks the plugin portal only where the build has plugins of others', () => {
    expect(plan(one({ 'build.gradle': "plugins { id 'java' }" }), config).registries).toEqual(['maven']);
    expect(plan(one({ 'build.gradle.kts': 'plugins { kotlin("jvm") version "2.2.0" }' }), config).registries).toEqual([
      'maven',
      'gradle-plugins',
    ]);
  });
});

describe('a plugin by the alias of the version catalogue', () => {
  const catalogue = `[versions]
shadow = "9.0.0"
[plugins]
shade-it = { id = "com.gradleup.shadow", version.ref = "shadow" }
short = "org.example.short:1.0"
`;
  const of = (build: string) =>
    plan(one({ 'build.gradle.kts': build, 'gradle/libs.versions.toml': catalogue }), config);

  it('is known by its id', () => {
    const made = of('plugins { alias(libs.plugins.shade.it) }');
    expect(made.registries).toEqual(['maven', 'gradle-plugins']);
    expect(made.output.companions.include).toEqual([]);
    expect(of('plugins { alias(libs.plugins.short) }').registries).toEqual(['maven', 'gradle-plugins']);
  });

  it('that the build does not apply plays no part', () => {
    expect(of('plugins { java }').registries).toEqual(['maven']);
  });
});

describe('the text of a build file', () => {
  it('is read without its comments, and addresses in it are no comments', () => {
    const code = codeOf(`// include 'a'\n/* include 'b' */ url "https://example.org/x" // rest\ninclude 'c'`);
    expect(includedProjects(code)).toEqual(['c']);
    expect(code).toContain('https://example.org/x');
  });

  it.each([
    ["include 'a', ':b:c'", ['a', 'b:c']],
    ['include(\n  "a",\n  "b"\n)', ['a', 'b']],
    ["includeBuild 'other'", []],
    ["filter.include 'x'", []],
    ["include 'a'\ninclude 'a'", ['a']],
  ])('names projects: %j', (text, expected) => {
    expect(includedProjects(text)).toEqual(expected);
  });

  it.each([
    ['task fat(type: Jar) {}', ['fat']],
    ["tasks.register('fat', Jar) {}", ['fat']],
    ['tasks.register<Jar>("fat") {}', ['fat']],
    ['val fat by tasks.registering(Jar::class) {}', ['fat']],
    ['task sourcesJar(type: Jar) {}\ntask testJar(type: Jar) {}', []],
  ])('names JAR tasks: %s', (text, expected) => {
    expect(jarTasks(text)).toEqual(expected);
  });

  it('moves projects to other folders', () => {
    const code = `project(':a').projectDir = file('x/a')\nproject(":b").projectDir = new File(settingsDir, './b2')`;
    expect([...projectFolders(code)]).toEqual([
      ['a', 'x/a'],
      ['b', 'b2'],
    ]);
  });

  it('tells plugins of Gradle from those of others', () => {
    expect(hasPortalPlugins("id 'java'")).toBe(false);
    expect(hasPortalPlugins('id("org.example.x") version "1.0"')).toBe(true);
  });
});

function one(files: Record<string, string> = {}): TreeSnapshot {
  return treeOf({
    ...(files['build.gradle.kts'] === undefined ? { 'build.gradle': "apply plugin: 'java'" } : {}),
    ...files,
  });
}

function properties(version: string, pinned?: string): string {
  return `distributionUrl=https\\://example.org/distributions/gradle-${version}-bin.zip\n${pinned === undefined ? '' : `distributionSha256Sum=${pinned}\n`}`;
}

function treeOf(contents: Record<string, string>): TreeSnapshot {
  const entries = Object.entries(contents).map(([path, text]) => ({ path, size: text.length }));
  return { entries, contents };
}
