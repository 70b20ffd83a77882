import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

/** Whole builds with the real plugins, tools, sandbox and gateway, against the registries that the tools are set up for. */
describe.skipIf(!(await canStartRealBuilder()))('a real project', () => {
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    builder = await startRealBuilder();
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(() => builder.close());

  it('of sbt becomes a JAR and a job; its tests are counted; again, nothing is built', async () => {
    const first = await lane('demo', sbtProject('ok'));
    expect(first.failure, rig.builds.text(first.id).slice(-8_000)).toBeUndefined();
    expect(first.state).toBe('registered');
    expect(first.found).toMatchObject({ plugin: 'scala-sbt', tests: { passed: 1, failed: 0 } });
    expect(first.found.set?.kind).toBe('jar');
    const [job] = rig.workspace.jobs.values();
    expect(job).toMatchObject({ tasks: [{ spark_jar_task: { main_class_name: 'shop.Main' } }] });

    const again = await lane('demo', sbtProject('ok'));
    expect(again.found.cachedFrom).toBe(first.id);
    expect(again.state).toBe('registered');

    const covered = await lane('demo', {
      ...sbtProject('ok'),
      '.slowlane/demo.yaml': 'pipeline: demo\nbuild: { coverage: { minimum: 10 } }\n',
    });
    expect(covered.failure, rig.builds.text(covered.id).slice(-8_000)).toBeUndefined();
    expect(covered.found.coverage?.covered).toBeGreaterThan(0);
    expect(covered.found.set?.primary.digest).toBe(first.found.set?.primary.digest);

    const changed = await lane('demo', sbtProject('changed'));
    expect(changed.failure, rig.builds.text(changed.id).slice(-8_000)).toBeUndefined();
    expect(rig.builds.text(changed.id)).toMatch(/no network, dependencies known/);
    expect(rig.builds.text(changed.id)).not.toMatch(/resolve dependencies/);
  }, 600_000);

  it('of sbt that does not compile, or whose test fails, says so', async () => {
    const broken = await lane('demo', {
      ...sbtProject('ok'),
      'src/main/scala/Main.scala': 'object Main { val x: Int = "" }',
    });
    expect(broken.failure?.code).toBe('build.failed');
    expect(rig.builds.text(broken.id)).toMatch(/type mismatch/);
    const failing = await lane('demo', sbtProject('ok', 'assert(Main.word == "other")'));
    expect(failing.failure).toMatchObject({
      code: 'build.tests-failed',
      message: expect.stringMatching(/1 of 1 tests failed/),
    });
  }, 600_000);

  it('of sbt with a library and a driver, for two Scala versions, becomes the JARs that the runtime needs; coverage counts both', async () => {
    const options = 'build: { options: { project: app }, coverage: { minimum: 10 } }';
    const record = await lane('several', {
      ...severalSbtProjects(),
      '.slowlane/several.yaml': `pipeline: several\n${options}\n`,
    });
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.found).toMatchObject({ plugin: 'scala-sbt', tests: { passed: 1, failed: 0 } });
    expect(record.found.set?.primary.name).toMatch(/^app_2\.13-/);
    expect(record.found.set?.companions.map(({ name }) => name)).toEqual([expect.stringMatching(/^core_2\.13-/)]);
    expect(record.found.coverage?.covered).toBeGreaterThan(0);
  }, 600_000);

  it('of Maven with two modules becomes a JAR with companions; a failing test says so', async () => {
    const first = await lane('maven', mavenProject());
    expect(first.failure, rig.builds.text(first.id).slice(-8_000)).toBeUndefined();
    expect(first.found).toMatchObject({ plugin: 'java-maven', tests: { passed: 1, failed: 0 } });
    expect(first.found.set).toMatchObject({ kind: 'jar', primary: { name: 'app-1.0.jar' } });
    expect(first.found.set?.companions.map(({ name }) => name).sort()).toEqual([
      'commons-lang3-3.18.0.jar',
      'words-1.0.jar',
    ]);

    const covered = await lane('maven', mavenProject('Word', 10));
    expect(covered.failure, rig.builds.text(covered.id).slice(-8_000)).toBeUndefined();
    expect(covered.found.coverage).toMatchObject({ covered: 1 });
    // What was packaged holds no instrumentation.
    expect(covered.found.set?.primary.digest).toBe(first.found.set?.primary.digest);
    const uncovered = await lane('maven', mavenProject('Word', 90));
    expect(uncovered.failure).toMatchObject({ code: 'build.coverage-low', message: expect.stringMatching(/1 of /) });

    const failing = await lane('maven', mavenProject('other'));
    expect(rig.builds.text(failing.id)).not.toMatch(/resolve dependencies/);
    expect(failing.failure).toMatchObject({
      code: 'build.tests-failed',
      message: expect.stringMatching(/1 of 1 tests failed/),
    });
  }, 600_000);

  it('of Python becomes a wheel and a job, and its coverage is measured', async () => {
    const record = await lane('wheel', {
      ...wheelProject(),
      'tests/test_shop.py': 'from shop.main import main\n\n\ndef test_main():\n    main()\n',
      '.slowlane/wheel.yaml': 'pipeline: wheel\nbuild: { coverage: { minimum: 1 } }\n',
    });
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.state).toBe('registered');
    expect(record.found).toMatchObject({
      coverage: { covered: 2, total: 2 },
      plugin: 'python',
      set: { kind: 'wheel', primary: { name: 'shop-1.0-py3-none-any.whl' } },
    });
  }, 300_000);

  it('that asks for a dependency which does not exist says so', async () => {
    const files = { ...wheelProject(), 'pyproject.toml': pyproject('["slowlane-no-such-package-9f2c==1.0"]') };
    const record = await lane('wheel', files);
    expect(record.failure?.code).toBe('build.dependency');
    expect(record.failure?.message).toMatch(/slowlane-no-such-package-9f2c/);
  }, 300_000);

  function lane(pipeline: string, files: Record<string, string>) {
    return rig.pushed(pipeline, { [`.slowlane/${pipeline}.yaml`]: `pipeline: ${pipeline}\n`, ...files });
  }
});

function sbtProject(word: string, check = 'assert(Main.word.nonEmpty)'): Record<string, string> {
  return {
    'build.sbt': `name := "shop"
version := "1.0"
scalaVersion := "2.13.16"
libraryDependencies += "org.scalameta" %% "munit" % "1.2.0" % Test
`,
    'project/build.properties': 'sbt.version=1.11.7\n',
    'src/main/scala/Main.scala': `package shop
object Main {
  val word = "${word}"
  def main(args: Array[String]): Unit = println(word)
}
`,
    'src/test/scala/MainSuite.scala': `package shop
class MainSuite extends munit.FunSuite {
  test("it has a word") { ${check} }
}
`,
  };
}

/** A library with a test, the driver that uses it, and a neighbour whose test would fail. */
function severalSbtProjects(): Record<string, string> {
  return {
    'build.sbt': `val scala213 = "2.13.16"
ThisBuild / crossScalaVersions := Seq("2.12.20", scala213)
ThisBuild / scalaVersion := "2.12.20"
lazy val core = (project in file("core"))
  .settings(libraryDependencies += "org.scalameta" %% "munit" % "1.2.0" % Test)
lazy val app = (project in file("app")).dependsOn(core)
lazy val other = project.settings(libraryDependencies += "org.scalameta" %% "munit" % "1.2.0" % Test)
lazy val all = (project in file(".")).aggregate(core, app, other)
`,
    'project/build.properties': 'sbt.version=1.11.7\n',
    'core/src/main/scala/Words.scala': 'package shop\nobject Words { def word: String = "ok" }\n',
    'core/src/test/scala/WordsSuite.scala':
      'package shop\nclass WordsSuite extends munit.FunSuite { test("a word") { assert(Words.word == "ok") } }\n',
    'app/src/main/scala/Main.scala':
      'package shop\nobject Main { def main(args: Array[String]): Unit = println(Words.word) }\n',
    'other/src/test/scala/OtherSuite.scala':
      'class OtherSuite extends munit.FunSuite { test("fails") { assert(false) } }\n',
  };
}

/** A library module, and the driver that uses it. */
function mavenProject(expected = 'Word', coverage = 0): Record<string, string> {
  const parent = '<parent><groupId>shop</groupId><artifactId>all</artifactId><version>1.0</version></parent>';
  return {
    'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>shop</groupId><artifactId>all</artifactId><version>1.0</version>
<packaging>pom</packaging><modules><module>words</module><module>app</module></modules>
<properties><maven.compiler.release>17</maven.compiler.release><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency></dependencies></project>`,
    'words/pom.xml': `<project><modelVersion>4.0.0</modelVersion>${parent}<artifactId>words</artifactId>
<dependencies><dependency><groupId>org.apache.commons</groupId><artifactId>commons-lang3</artifactId><version>3.18.0</version></dependency></dependencies></project>`,
    'words/src/main/java/shop/Words.java': `package shop;
public final class Words {
  public static String word() { return org.apache.commons.lang3.StringUtils.capitalize("word"); }
}
`,
    'app/pom.xml': `<project><modelVersion>4.0.0</modelVersion>${parent}<artifactId>app</artifactId>
<dependencies><dependency><groupId>shop</groupId><artifactId>words</artifactId><version>1.0</version></dependency></dependencies></project>`,
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
    '.slowlane/maven.yaml': `pipeline: maven\nbuild: { options: { module: app }${coverage === 0 ? '' : `, coverage: { minimum: ${coverage} }`} }\n`,
  };
}

function wheelProject(): Record<string, string> {
  return {
    'pyproject.toml': pyproject('[]'),
    'src/shop/__init__.py': '',
    'src/shop/main.py': 'def main():\n    print("hello")\n',
  };
}

function pyproject(dependencies: string): string {
  return `[build-system]
requires = ["setuptools==80.9.0"]
build-backend = "setuptools.build_meta"

[project]
name = "shop"
version = "1.0"
dependencies = ${dependencies}

[project.scripts]
shop = "shop.main:main"

[tool.setuptools.packages.find]
where = ["src"]
`;
}
