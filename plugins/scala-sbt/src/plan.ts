import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { jdkFor } from '@slowlane/kit';
import { readBuildDefinition, sbtPluginVersion } from './build-definition.ts';
import { buildProperties, sbtVersionOf } from './build-properties.ts';
import { companionsSetting } from './companions-setting.ts';
import { coverageSetting } from './coverage-setting.ts';
import { repositories, sbtCommand, sbtEnv } from './sbt-command.ts';

/**
 * One sbt start per phase. `resolve` runs the real packaging and compiles the tests: `update` alone would miss the compiler bridge and
 * what tasks fetch. `build` then does tests and packaging in one start without network.
 */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  refuseWhatIsNotOneProject(tree);
  if (config.coverage && !config.runTests)
    throw new PlanRefusal('plan.refused', 'build.coverage: without tests there is nothing to measure', {
      hint: 'Remove build.coverage or build.test: false.',
    });
  const assembles = packsDependencies(tree);
  const packaging = assembles ? ['assembly'] : ['package', 'slowlaneCompanions'];
  return BuildPlan.parse({
    plugin: 'scala-sbt',
    tools: toolsFor(tree, config),
    files: [
      { path: 'home/sbt/repositories', content: repositories },
      ...(assembles ? [] : [{ path: 'home/sbt/slowlane.sbt', content: companionsSetting }]),
      ...(config.coverage ? [{ path: 'home/sbt/slowlane-coverage.sbt', content: coverageSetting }] : []),
    ],
    steps: steps(tree, { packaging, runTests: config.runTests, coverage: config.coverage }),
    dependencyFiles: dependencyFilesOf(tree),
    registries: ['maven'],
    reports: [
      ...(config.runTests ? [{ kind: 'junit', glob: 'target/test-reports/*.xml' }] : []),
      ...(config.coverage ? [{ kind: 'jacoco', glob: 'target/slowlane-coverage/jacoco.xml' }] : []),
    ],
    output: {
      kind: 'jar',
      primary: primaryRule(config),
      companions: { include: assembles ? [] : ['out/lib/*.jar'] },
    },
  });
}

function refuseWhatIsNotOneProject(tree: TreeSnapshot): void {
  for (const [path, text] of rootFiles(tree)) {
    const { projects, crossVersions } = readBuildDefinition(text);
    if (projects.length > 1 || projects.some((project) => project.folder !== '.'))
      throw new PlanRefusal(
        'plan.refused',
        `${path}: ${projects.length} projects in one sbt build (${projects.map((project) => project.name).join(', ')})`,
        {
          hint: 'One project per build is supported, in the folder of its build.sbt: `project in file(".")` or no definition at all. Give each its own build.sbt and name the folder with source.path.',
          candidates: projects.map((project) => `${project.name} (${project.folder})`),
        },
      );
    if (crossVersions.length > 1)
      throw new PlanRefusal('plan.refused', `${path}: built for several Scala versions (${crossVersions.join(', ')})`, {
        hint: 'Keep the one version that job.runtime needs: scalaVersion alone, without crossScalaVersions.',
        candidates: crossVersions,
      });
  }
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

function steps(
  tree: TreeSnapshot,
  tasks: { packaging: string[]; runTests: boolean; coverage: boolean },
): Omit<PlanStep, 'cwd'>[] {
  const isSmall = tree.entries.filter((entry) => /\.(scala|java)$/.test(entry.path)).length <= 60;
  const resolve = [...(tasks.runTests ? ['Test/compile'] : []), ...tasks.packaging];
  const tests = tasks.runTests ? ['test', ...(tasks.coverage ? ['slowlaneCoverage'] : [])] : [];
  const build = [...tests, ...tasks.packaging];
  return [
    {
      name: 'sbt: resolve dependencies',
      phase: 'resolve',
      argv: sbtCommand(resolve, { offline: false, isSmall }),
      env: sbtEnv({ offline: false }),
      missPatterns: [],
      failurePatterns: failurePatterns.filter((entry) => entry.code !== 'build.tests-failed'),
    },
    {
      name: tasks.runTests ? 'sbt: compile, test and package' : 'sbt: compile and package',
      phase: 'build',
      argv: sbtCommand(build, { offline: true, isSmall }),
      env: sbtEnv({ offline: true }),
      missPatterns: [...unresolved],
      failurePatterns,
    },
  ];
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

function rootFiles(tree: TreeSnapshot): [string, string][] {
  return Object.entries(tree.contents).filter(([path]) => /^[^/]+\.sbt$/.test(path));
}

function primaryRule(config: PlanConfig): BuildPlan['output']['primary'] {
  if (config.artifact !== undefined) return { include: [`src/${config.artifact}`], exclude: [] };
  return {
    include: ['src/target/scala-*/*.jar'],
    exclude: ['**/*-sources.jar', '**/*-javadoc.jar', '**/*-tests.jar', '**/original-*.jar'],
  };
}
