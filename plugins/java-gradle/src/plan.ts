import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { fetchZipFile, fetchZipStep, jdkFor } from '@slowlane/kit';
import { driverProject, type GradleProject } from './driver-project.ts';
import { distributionFolder, gradleCommand, gradleEnv } from './gradle-command.ts';
import { codeOf, hasPortalPlugins, javaToolchain } from './gradle-text.ts';
import { type GradleChoice, gradleOf } from './gradle-version.ts';
import { initScript } from './init-script.ts';
import { type JarTask, jarTask } from './jar-task.ts';
import type { Options } from './schema.ts';
import { withCatalogPlugins } from './version-catalog.ts';

/** Knows class files up to Java 25. @see https://www.jacoco.org/jacoco/trunk/doc/changes.html */
const jacocoVersion = '0.8.15';

/**
 * `resolve` runs the real build, tests included: Gradle looks up plugins, compilers, agents and test engines when the task that needs them
 * runs. Tests that fail there do not stop it; they are judged in `build`, which runs the same without network.
 */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  if (config.coverage && !config.runTests)
    throw new PlanRefusal('plan.refused', 'build.coverage: without tests there is nothing to measure', {
      hint: 'Remove build.coverage or build.test: false.',
    });
  const options = config.options as Options;
  const project = driverProject(tree, options.project);
  const jar = jarTask(project, options.task);
  const jdk = jdkFor(config);
  const gradle = gradleOf(tree, config, jdk);
  const usesPortal = buildFiles(tree).some((path) =>
    hasPortalPlugins(withCatalogPlugins(codeOf(tree.contents[path] ?? ''), tree)),
  );
  const registries = [
    'maven',
    ...(usesPortal ? ['gradle-plugins'] : []),
    ...(gradle.from === 'distribution' ? ['gradle-dist'] : []),
  ];
  return BuildPlan.parse({
    plugin: 'java-gradle',
    tools: toolsOf(project, { jdk, gradle }),
    files: [
      { path: 'home/slowlane.gradle', content: initScript },
      ...(gradle.from === 'distribution' ? [fetchZipFile] : []),
    ],
    steps: steps(tree, { gradle, project, jar, usesPortal, config, jdk: jdk.version }),
    dependencyFiles: dependencyFilesOf(tree),
    registries,
    reports: [
      ...(config.runTests ? [{ kind: 'junit', glob: '**/build/test-results/**/TEST-*.xml' }] : []),
      ...(config.coverage ? [{ kind: 'jacoco', glob: '**/build/reports/jacoco/test/jacocoTestReport.xml' }] : []),
    ],
    output: {
      kind: 'jar',
      primary: { include: [config.artifact === undefined ? 'out/jar/*.jar' : `src/${config.artifact}`] },
      companions: { include: jar.isFat ? [] : ['out/lib/*.jar'] },
    },
  });
}

interface Build {
  gradle: GradleChoice;
  project: GradleProject;
  jar: JarTask;
  usesPortal: boolean;
  config: PlanConfig;
  jdk: string;
}

function steps(tree: TreeSnapshot, build: Build): Omit<PlanStep, 'cwd'>[] {
  const { gradle, config, jdk } = build;
  const isSmall = tree.entries.filter((entry) => /\.(java|scala|kt|groovy)$/.test(entry.path)).length <= 100;
  const tasks = tasksOf(build);
  const settings = settingsOf(build);
  return [
    ...(gradle.from === 'distribution'
      ? [
          fetchZipStep({
            name: `gradle: fetch Gradle ${gradle.version} (wrapper)`,
            tool: `Gradle ${gradle.version}`,
            path: `gradle-dist/${gradle.file}`,
            folder: distributionFolder(gradle.version),
            sha256: gradle.sha256,
            env: gradleEnv(),
          }),
        ]
      : []),
    {
      name: 'gradle: resolve dependencies',
      phase: 'resolve',
      argv: gradleCommand(tasks, { gradle, offline: false, settings: { ...settings, resolving: 'true' } }),
      env: gradleEnv({ jdk, offline: false, isSmall }),
      missPatterns: [],
      failurePatterns: failurePatterns.filter((entry) => entry.code !== 'build.tests-failed'),
    },
    {
      name: config.runTests ? 'gradle: compile, test and package' : 'gradle: compile and package',
      phase: 'build',
      argv: gradleCommand(tasks, { gradle, offline: true, settings }),
      env: gradleEnv({ jdk, offline: true, isSmall }),
      missPatterns: [...unresolved, '/work/home/gradle-[0-9].*(?:not found|No such file)'],
      failurePatterns,
    },
  ];
}

function tasksOf({ project, jar, config }: Build): string[] {
  const prefix = project.path === ':' ? ':' : `${project.path}:`;
  return [
    ...(config.runTests ? [`${prefix}slowlaneTest`] : []),
    `${prefix}slowlaneArtifact`,
    ...(jar.isFat ? [] : [`${prefix}slowlaneLibraries`]),
    ...(config.artifact === undefined ? [] : [`${prefix}assemble`]),
  ];
}

function settingsOf({ project, jar, usesPortal, config }: Build): Record<string, string> {
  return {
    driver: project.path,
    ...(jar.name === undefined ? {} : { task: jar.name }),
    ...(jar.isFat ? {} : { libraries: 'true' }),
    ...(usesPortal ? { portal: 'true' } : {}),
    ...(config.coverage ? { coverage: jacocoVersion } : {}),
  };
}

/** Texts of Gradle 4 to 9. */
const unresolved = [
  'No cached version of .* available for offline mode',
  'No cached version listing for .* available for offline mode',
  'Plugin .* was not found in any of the following sources',
];

const failurePatterns: PlanStep['failurePatterns'] = [
  { pattern: 'status code 403', code: 'build.egress-denied' },
  ...unresolved.map((pattern) => ({ pattern, code: 'build.dependency' as const })),
  // Not "Could not resolve all files for configuration", which is said first and names nothing.
  { pattern: 'Could not (?:find|resolve|download) [^ ]+:[^ ]+:|Could not (?:GET|HEAD) ', code: 'build.dependency' },
  { pattern: 'There were failing tests', code: 'build.tests-failed' },
];

function toolsOf(
  project: GradleProject,
  { jdk, gradle }: { jdk: ToolRequirement; gradle: GradleChoice },
): ToolRequirement[] {
  const own = javaToolchain(project.code);
  return [
    jdk,
    ...(own === undefined || own === jdk.version.split('.')[0]
      ? []
      : [{ name: 'jdk', version: own, source: 'java.toolchain of the build file' }]),
    ...(gradle.from === 'toolchain' ? [gradle.tool] : []),
  ];
}

function buildFiles(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /(?:^|\/)(?:build|settings)\.gradle(?:\.kts)?$/.test(path));
}

/** All that Gradle reads when it decides on dependencies: build files, version catalogues, locks, its own settings, and build logic in the tree. */
function dependencyFilesOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) =>
      /\.gradle(?:\.kts)?$|(?:^|\/)gradle\.properties$|\.lockfile$|^gradle\/|(?:^|\/)buildSrc\//.test(path),
    );
}
