import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

const canRun = existsSync('/usr/share/gradle') && (await canStartRealBuilder());

/** The machine's Gradle in the real sandbox, with libraries from the Maven registry that the tools are set up for. */
describe.skipIf(!canRun)('a Gradle build of two projects', () => {
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    builder = await startRealBuilder();
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(() => builder.close());

  it('becomes a JAR with companions; the tests of both are counted, and coverage leaves the bytes alone', async () => {
    const first = await lane(project());
    expect(first.failure, rig.builds.text(first.id).slice(-8_000)).toBeUndefined();
    expect(first.state).toBe('registered');
    expect(first.found).toMatchObject({ plugin: 'java-gradle', tests: { passed: 2, failed: 0 } });
    expect(first.found.set).toMatchObject({ kind: 'jar', primary: { name: 'app.jar' } });
    expect(first.found.set?.companions.map(({ name }) => name).sort()).toEqual([
      'commons-lang3-3.18.0.jar',
      'words.jar',
    ]);

    const covered = await lane(project({ coverage: 10 }));
    expect(covered.failure, rig.builds.text(covered.id).slice(-8_000)).toBeUndefined();
    expect(covered.found.coverage?.covered).toBeGreaterThan(0);
    expect(covered.found.set?.digest).toBe(first.found.set?.digest);

    const failing = await lane(project({ expected: 'other' }));
    expect(rig.builds.text(failing.id)).toMatch(/no network, dependencies known/);
    expect(rig.builds.text(failing.id)).not.toMatch(/gradle: resolve dependencies/);
    expect(failing.failure).toMatchObject({
      code: 'build.tests-failed',
      message: expect.stringMatching(/1 of 2 tests failed/),
    });
  }, 600_000);

  it('that asks for a library which does not exist says so', async () => {
    const files = project();
    files['app/build.gradle'] += "dependencies { compile 'org.example:slowlane-no-such-library-9f2c:1.0' }\n";
    const record = await lane(files);
    expect(record.failure?.code, rig.builds.text(record.id).slice(-4_000)).toBe('build.dependency');
    expect(record.failure?.message).toMatch(/slowlane-no-such-library-9f2c/);
  }, 300_000);

  const lane = (files: Record<string, string>) => rig.pushed('gradle', files);
});

/** A library project, and the driver that uses it. */
function project({ expected = 'Word', coverage = 0 } = {}): Record<string, string> {
  return {
    'settings.gradle': "include 'words', 'app'\n",
    'build.gradle': `subprojects {
  apply plugin: 'java'
  repositories { mavenCentral() }
  dependencies { testCompile 'junit:junit:4.13.2' }
}
`,
    'words/build.gradle': "dependencies { compile 'org.apache.commons:commons-lang3:3.18.0' }\n",
    'words/src/main/java/shop/Words.java': `package shop;
public final class Words {
  public static String word() { return org.apache.commons.lang3.StringUtils.capitalize("word"); }
}
`,
    'words/src/test/java/shop/WordsTest.java': `package shop;
public class WordsTest {
  @org.junit.Test public void isCapital() { org.junit.Assert.assertEquals("Word", Words.word()); }
}
`,
    'app/build.gradle': "dependencies { compile project(':words') }\n",
    'app/src/main/java/shop/Main.java': `package shop;
public final class Main {
  static String word() { return Words.word(); }
  public static void main(String[] args) { System.out.println(word()); }
}
`,
    'app/src/test/java/shop/MainTest.java': `package shop;
public class MainTest {
  @org.junit.Test public void says() { org.junit.Assert.assertEquals("${expected}", Main.word()); }
}
`,
    '.slowlane/gradle.yaml': `pipeline: gradle
build: { options: { project: app }${coverage === 0 ? '' : `, coverage: { minimum: ${coverage} }`} }
`,
  };
}
