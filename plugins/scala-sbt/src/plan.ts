import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { jdkFor } from '@slowlane/kit';
import { type ProjectDefinition, sbtPluginVersion } from './build-definition.ts';
import { buildProperties, sbtVersionOf } from './build-properties.ts';
import { companionsSetting } from './companions-setting.ts';
import { coverageSetting } from './coverage-setting.ts';
import { driverProject } from './driver-project.ts';
import { repositories, sbtCommand, sbtEnv } from './sbt-command.ts';
import { scalaChoice } from './scala-choice.ts';
import type { Options } from './schema.ts';
import { testsSetting } from './tests-setting.ts';

/**
 * One sbt start per phase. `resolve` runs the real packaging and compiles the tests: `update` alone would miss the compiler bridge and
 * what tasks fetch. `build` then does tests and packaging in one start without network.
 */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const options = config.options as Options;
  if (config.coverage && !config.runTests)
    throw new PlanRefusal('plan.refused', 'build.coverage: without tests there is nothing to measure', {
      hint: 'Remove build.coverage or build.test: false.',
    });
  const assembles = packsDependencies(tree);
  const build = {
    assembles,
    project: driverProject(tree, options.project),
    scala: scalaChoice(tree, config.runtime),
    jdk: jdkFor(config).version,
    runTests: config.runTests,
    coverage: config.coverage,
  };
  return BuildPlan.parse({
    plugin: 'scala-sbt',
    tools: toolsFor(tree, config),
    files: [
      { path: 'home/sbt/repositories', content: repositories },
      ...(assembles ? [] : [{ path: 'home/sbt/slowlane.sbt', content: companionsSetting }]),
      ...(build.project !== undefined && config.runTests
        ? [{ path: 'home/sbt/slowlane-tests.sbt', content: testsSetting }]
        : []),
      ...(config.coverage ? [{ path: 'home/sbt/slowlane-coverage.sbt', content: coverageSetting }] : []),
    ],
    steps: steps(tree, build),
    dependencyFiles: dependencyFilesOf(tree),
    registries: ['maven'],
    reports: [
      ...(config.runTests ? [{ kind: 'junit', glob: '**/target/test-reports/*.xml' }] : []),
      ...(config.coverage ? [{ kind: 'jacoco', glob: '**/target/slowlane-coverage/jacoco.xml' }] : []),
    ],
    output: {
      kind: 'jar',
      primary: primaryRule(config, build),
      companions: { include: assembles ? [] : ['out/lib/*.jar'] },
    },
  });
}

interface Build {
  assembles: boolean;
  project: ProjectDefinition | undefined;
  /** Version to switch to, of a cross-built project. */
  scala: string | undefined;
  jdk: string;
  runTests: boolean;
  coverage: boolean;
}

function packsDependencies(tree: TreeSnapshot): boolean {
  return Object.entries(tree.contents).some(
    ([path, text]) => /^project\/[^/]+\.sbt$/.test(path) && sbtPluginVersion(text, 'sbt-assembly') !== undefined,
  );
}

function toolsFor(tree: TreeSnapshot, config: PlanConfig): ToolRequirement[] {
  const wanted = sbtVersionOf(tree);
  const launcher = config.toolchains.find((tool) => tool.name === 'sbt-launcher');
  return [
    jdkFor(config),
    {
      // The launcher fetches whichever sbt the project names.
      name: 'sbt-launcher',
      version: launcher?.version ?? wanted ?? '1.x',
      source: wanted === undefined ? "the launcher's own sbt version" : `${buildProperties} (sbt ${wanted})`,
    },
  ];
}

function steps(tree: TreeSnapshot, build: Build): Omit<PlanStep, 'cwd'>[] {
  const isSmall = tree.entries.filter((entry) => /\.(scala|java)$/.test(entry.path)).length <= 60;
  const tasks = tasksOf(build);
  return [
    {
      name: 'sbt: resolve dependencies',
      phase: 'resolve',
      argv: sbtCommand(tasks.resolve, { offline: false, isSmall, jdk: build.jdk }),
      env: sbtEnv({ offline: false }),
      missPatterns: [],
      failurePatterns: failurePatterns.filter((entry) => entry.code !== 'build.tests-failed'),
    },
    {
      name: build.runTests ? 'sbt: compile, test and package' : 'sbt: compile and package',
      phase: 'build',
      argv: sbtCommand(tasks.build, { offline: true, isSmall, jdk: build.jdk }),
      env: sbtEnv({ offline: true }),
      missPatterns: [...unresolved],
      failurePatterns,
    },
  ];
}

/** In a build of several projects the tests of the driver and of what it depends on count, not those of its neighbours. */
function tasksOf({ project, scala, assembles, runTests, coverage }: Build): { resolve: string[]; build: string[] } {
  const own = (task: string): string => (project === undefined ? task : `${project.name}/${task}`);
  const choose = scala === undefined ? [] : [`++${scala}`];
  const packaging = (assembles ? ['assembly'] : ['package', 'slowlaneCompanions']).map(own);
  const [compile, test] = project === undefined ? ['Test/compile', 'test'] : ['slowlaneTestCompile', 'slowlaneTest'];
  const tests = [test, ...(coverage ? ['slowlaneCoverageOfAll'] : [])].map(own);
  return {
    resolve: [...choose, ...(runTests ? [own(compile)] : []), ...packaging],
    build: [...choose, ...(runTests ? tests : []), ...packaging],
  };
}

/** Texts of the launcher's and sbt's coursier, seen with sbt 1.11.7 and checked in `plan.test.ts`. */
const unresolved = ['Error downloading ', 'Error fetching ', 'ResolveException', '\\[launcher\\] could not retrieve'];

const failurePatterns: PlanStep['failurePatterns'] = [
  { pattern: 'forbidden: http://127\\.0\\.0\\.1:3128|HTTP response code: 403', code: 'build.egress-denied' },
  ...unresolved.map((pattern) => ({ pattern, code: 'build.dependency' as const })),
  { pattern: 'sbt\\.TestsFailedException', code: 'build.tests-failed' },
];

function dependencyFilesOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /^[^/]+\.sbt$|^project\/[^/]+\.(sbt|scala|properties)$/.test(path));
}

function primaryRule(config: PlanConfig, { project, scala }: Build): BuildPlan['output']['primary'] {
  if (config.artifact !== undefined) return { include: [`src/${config.artifact}`], exclude: [] };
  const folder = project === undefined || project.folder === '.' ? 'src' : `src/${project.folder}`;
  return {
    include: [`${folder}/target/scala-${scala === undefined ? '*' : config.runtime.scala}/*.jar`],
    exclude: ['**/*-sources.jar', '**/*-javadoc.jar', '**/*-tests.jar', '**/original-*.jar'],
  };
}
