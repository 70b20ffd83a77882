import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, TreeSnapshot } from '@slowlane/contracts';
import { fetchZipFile, fetchZipStep, gatewayMavenSettings, jdkFor, mavenCommand, mavenEnv } from '@slowlane/kit';
import { type MavenChoice, mavenOf, wrapperFile } from './maven-version.ts';
import { driverModule, type Module, pluginsOf } from './modules.ts';
import { type Packaging, packagingOf } from './packaging.ts';
import type { Options } from './schema.ts';
import { variesOf } from './varies.ts';

/** 0.8.15 knows class files up to Java 25. @see https://www.jacoco.org/jacoco/trunk/doc/changes.html */
const jacoco = 'org.jacoco:jacoco-maven-plugin:0.8.15';
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * `resolve` runs the real lifecycle, tests included: `dependency:go-offline` misses the provider that surefire looks up when tests run, and what
 * plugins declare. Tests that fail there do not stop it; they are judged in `build`, which runs the same without network.
 */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const options = config.options as Options;
  const module = driverModule(tree, options.module);
  const plugins = pluginsOf(tree, module);
  const packaging = packagingOf(plugins);
  const maven = mavenOf(tree);
  const jdk = jdkFor(config);
  const varies = variesOf(maven, [...plugins, ...pluginsOf(tree, module, 'managed')]);
  if (config.coverage && !config.runTests)
    throw new PlanRefusal('plan.refused', 'build.coverage: without tests there is nothing to measure', {
      hint: 'Remove build.coverage or build.test: false.',
    });
  return BuildPlan.parse({
    plugin: 'java-maven',
    tools: [jdk],
    files: [{ path: 'home/settings.xml', content: gatewayMavenSettings }, fetchZipFile],
    steps: steps(tree, {
      ...{ maven, module, packaging, options, jdk: jdk.version },
      ...{ runTests: config.runTests, coverage: config.coverage },
    }),
    dependencyFiles: dependencyFilesOf(tree),
    registries: ['maven'],
    ...(varies.length === 0 ? {} : { varies }),
    reports: [
      ...(config.runTests ? [{ kind: 'junit', glob: '**/target/surefire-reports/TEST-*.xml' }] : []),
      ...(config.coverage ? [{ kind: 'jacoco', glob: '**/target/site/jacoco/jacoco.xml' }] : []),
    ],
    output: {
      kind: 'jar',
      primary: primaryRule(config, module, packaging),
      companions: { include: packaging.isFat ? [] : ['out/lib/*.jar'] },
    },
  });
}

interface Build {
  maven: MavenChoice;
  jdk: string;
  module: Module;
  packaging: Packaging;
  options: Options;
  runTests: boolean;
  coverage: boolean;
}

function steps(tree: TreeSnapshot, build: Build): Omit<PlanStep, 'cwd'>[] {
  const { maven, jdk } = build;
  const isSmall = tree.entries.filter((entry) => /\.(java|scala|kt)$/.test(entry.path)).length <= 100;
  const goals = goalsOf(build);
  return [
    fetchZipStep({
      name: `maven: fetch Maven ${maven.version}${maven.source === wrapperFile ? ' (wrapper)' : ''}`,
      tool: `Maven ${maven.version}`,
      path: `maven/org/apache/maven/apache-maven/${maven.version}/apache-maven-${maven.version}-bin.zip`,
      folder: `maven-${maven.version}`,
      sha256: maven.sha256,
      env: mavenEnv(),
    }),
    {
      name: 'maven: resolve dependencies',
      phase: 'resolve',
      argv: mavenCommand([...goals, '-Dmaven.test.failure.ignore=true'], {
        version: maven.version,
        offline: false,
        isSmall,
        jdk,
      }),
      env: mavenEnv(),
      missPatterns: [],
      failurePatterns: failurePatterns.filter((entry) => entry.code !== 'build.tests-failed'),
    },
    {
      name: build.runTests ? 'maven: compile, test and package' : 'maven: compile and package',
      phase: 'build',
      argv: mavenCommand(goals, { version: maven.version, offline: true, isSmall, jdk }),
      env: mavenEnv(),
      missPatterns: [...unresolved, 'class org\\.codehaus\\.plexus\\.classworlds\\.launcher\\.Launcher'],
      failurePatterns,
    },
  ];
}

function goalsOf({ module, packaging, options, runTests, coverage }: Build): string[] {
  return [
    'clean',
    // An agent beside the tests: the classes that are packaged stay as they are.
    ...(coverage ? [`${jacoco}:prepare-agent`] : []),
    'package',
    ...(coverage ? [`${jacoco}:report`] : []),
    ...(packaging.isFat ? [] : [copyDependencies, '-DincludeScope=runtime', '-DoutputDirectory=/work/out/lib']),
    ...(module.folder === '.' ? [] : ['--projects', module.folder, '--also-make']),
    ...(options.profiles === undefined || options.profiles.length === 0
      ? []
      : [`--activate-profiles=${options.profiles.join(',')}`]),
    ...(runTests ? [] : ['-Dmaven.test.skip=true']),
  ];
}

/** Texts of Maven 3.9, checked in `plan.test.ts`. */
const unresolved = [
  'Cannot access slowlane \\(http://127\\.0\\.0\\.1:3128/maven/\\) in offline mode',
  'Could not (?:find|resolve|transfer) (?:artifact|dependencies)',
];

const failurePatterns: PlanStep['failurePatterns'] = [
  { pattern: 'status: 403|status code: 403', code: 'build.egress-denied' },
  ...unresolved.map((pattern) => ({ pattern, code: 'build.dependency' as const })),
  { pattern: 'There are test failures', code: 'build.tests-failed' },
];

function dependencyFilesOf(tree: TreeSnapshot): string[] {
  return tree.entries.map((entry) => entry.path).filter((path) => /(^|\/)pom\.xml$|^\.mvn\//.test(path));
}

function primaryRule(config: PlanConfig, module: Module, packaging: Packaging): BuildPlan['output']['primary'] {
  if (config.artifact !== undefined) return { include: [`src/${config.artifact}`], exclude: [] };
  const folder = module.folder === '.' ? 'src' : `src/${module.folder}`;
  return {
    include: [`${folder}/target/${packaging.include}`],
    exclude: ['**/*-sources.jar', '**/*-javadoc.jar', '**/*-tests.jar', '**/original-*.jar'],
  };
}
