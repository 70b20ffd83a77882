import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { type LockedPackage, lockedPackages } from './locked-packages.ts';
import { notebookFile, notebookSource } from './notebook-source.ts';
import { packProgram, packScript } from './pack-program.ts';
import { type Program, programOf } from './program-of.ts';
import {
  companionsProgram,
  companionsScript,
  packagesFile,
  resolveProgram,
  resolveScript,
  testProgram,
  testScript,
} from './r-programs.ts';
import { programFiles, testFolder } from './scripts.ts';

/** Locked packages are fetched and installed with the gateway; then the project is packed, installed where it is a package, and tested without network. */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const program = programOf(tree, config.main);
  const locked = lockedPackages(tree);
  const tests = config.runTests ? testFolder(tree) : undefined;
  if (config.coverage && tests === undefined)
    throw new PlanRefusal('plan.refused', 'build.coverage: there are no tests that could cover anything', {
      hint: config.runTests
        ? 'Add tests/testthat/test-*.R, or remove build.coverage.'
        : 'Remove build.coverage or build.test: false.',
    });
  return BuildPlan.parse({
    plugin: 'r',
    tools: [toolFor('r', config), toolFor('python', config)],
    files: [
      { path: `home/slowlane/${notebookFile}`, content: notebookSource(program) },
      { path: packScript, content: packProgram },
      { path: resolveScript, content: resolveProgram },
      { path: companionsScript, content: companionsProgram },
      { path: testScript, content: testProgram },
      { path: packagesFile, content: locked.map(({ name, version }) => `${name} ${version}\n`).join('') },
    ],
    steps: [
      ...resolveSteps(locked),
      ...buildSteps(tree, { program, locked }),
      ...testSteps({ program, tests, config }),
    ],
    dependencyFiles: tree.entries.map(({ path }) => path).filter((path) => path === 'renv.lock'),
    registries: locked.length === 0 ? [] : ['cran'],
    reports: [
      ...(tests === undefined ? [] : [{ kind: 'junit', glob: 'test-reports/*.xml' }]),
      ...(tests === undefined || !config.coverage
        ? []
        : [{ kind: 'cobertura', glob: 'coverage-reports/coverage.xml' }]),
    ],
    output: {
      kind: 'notebooks',
      primary: { include: ['out/notebooks.zip'], exclude: [] },
      companions: { include: ['out/lib/*.tar.gz'], exclude: [] },
    },
  });
}

type Step = Omit<PlanStep, 'cwd'>;

/** The plan holds the list of packages in a file: the argument makes the resolved set another one when the list changes. */
function resolveSteps(locked: readonly LockedPackage[]): Step[] {
  if (locked.length === 0) return [];
  return [
    step('resolve', 'R: packages of renv.lock', ['Rscript', '--vanilla', `/work/${resolveScript}`], {
      failurePatterns: [
        { pattern: 'HTTP 403: the gateway', code: 'build.egress-denied' },
        { pattern: 'Could not fetch the R package|These R packages could not be installed', code: 'build.dependency' },
      ],
    }),
  ];
}

function buildSteps(
  tree: TreeSnapshot,
  { program, locked }: { program: Program; locked: readonly LockedPackage[] },
): Step[] {
  const files = program.kind === 'script' ? programFiles(tree) : [];
  const notebook = `/work/home/slowlane/${notebookFile}`;
  return [
    ...(locked.length === 0
      ? []
      : [
          step('build', 'R: companions', ['Rscript', '--vanilla', `/work/${companionsScript}`], {
            missPatterns: ['Not in the cache of R packages'],
          }),
        ]),
    ...(program.kind === 'package' ? packageSteps(program) : [checkSyntax(files)]),
    step('build', 'R: pack', [
      'python3',
      '-I',
      `/work/${packScript}`,
      'zip',
      '/work/out/notebooks.zip',
      notebook,
      ...files,
    ]),
  ];
}

function packageSteps({ description }: Extract<Program, { kind: 'package' }>): Step[] {
  const file = `/work/out/lib/${description.package}_${description.version}.tar.gz`;
  return [
    step('build', 'R: source package', ['python3', '-I', `/work/${packScript}`, 'package', file, description.package]),
    step('build', 'R: library', ['mkdir', '-p', '/work/out/rlib']),
    step('build', 'R: install the package', ['R', 'CMD', 'INSTALL', '--no-docs', '--library=/work/out/rlib', file], {
      failurePatterns: [{ pattern: '^ERROR: dependenc(y|ies) ', code: 'build.dependency' }],
    }),
  ];
}

function checkSyntax(files: readonly string[]): Step {
  const check = 'for (file in commandArgs(trailingOnly = TRUE)) invisible(parse(file))';
  return step('build', 'R: parse the scripts', ['Rscript', '--vanilla', '-e', check, ...files]);
}

function testSteps({
  program,
  tests,
  config,
}: {
  program: Program;
  tests: string | undefined;
  config: PlanConfig;
}): Step[] {
  if (tests === undefined) return [];
  const name = program.kind === 'package' ? program.description.package : '-';
  const argv = ['Rscript', '--vanilla', `/work/${testScript}`, tests, name, config.coverage ? 'coverage' : 'plain'];
  return [
    step('test', 'testthat', argv, {
      failurePatterns: [
        { pattern: '^slowlane: [0-9]+ tests failed', code: 'build.tests-failed' },
        { pattern: 'The tests need the R package', code: 'build.dependency' },
      ],
    }),
  ];
}

function step(phase: PlanStep['phase'], name: string, argv: string[], more: Partial<Step> = {}): Step {
  return { name, phase, argv, env, missPatterns: [], failurePatterns: [], ...more };
}

const env = {
  R_LIBS: '/work/out/rlib:/work/home/rlib',
  // The project's own .Rprofile would start renv, which looks for its cache and for the network.
  R_PROFILE_USER: '/dev/null',
  R_ENVIRON_USER: '/dev/null',
  RENV_CONFIG_AUTOLOADER_ENABLED: 'FALSE',
  SOURCE_DATE_EPOCH: '${sourceDateEpoch}',
  NO_COLOR: '1',
  PYTHONPATH: '/opt/site',
  RETICULATE_PYTHON: '/usr/bin/python3',
  SPARK_LOCAL_IP: '127.0.0.1',
  JAVA_TOOL_OPTIONS:
    '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus} -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
};

/** Databricks does not say its R version by the runtime's number: what the machine has is taken. */
function toolFor(name: 'r' | 'python', { toolchains, runtime }: PlanConfig): ToolRequirement {
  const found = toolchains.find((tool) => tool.name === name);
  const fallback = name === 'python' ? runtime.python : '4';
  return { name, version: found?.version ?? fallback, source: `runtime ${runtime.version}` };
}
