import type { BuildPlan, PlanConfig, PlanStep, TreeSnapshot } from '@slowlane/contracts';

const wheelhouse = '/work/home/wheelhouse';
const environment = '/work/out/test-env';
const python = `${environment}/bin/python`;
const missing = ['No matching distribution found for', 'Could not find a version that satisfies'];

export function hasTests(tree: TreeSnapshot): boolean {
  return tree.entries.some(({ path }) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path));
}

/** pytest on the Python tests beside the notebooks, with what `requirements-test.txt` names. */
export function testSteps(
  tree: TreeSnapshot,
  { coverage, toolchains }: PlanConfig,
  modules: readonly string[],
): { resolve: object[]; test: object[]; reports: BuildPlan['reports'] } {
  const measures = coverage && modules.length > 0;
  const file = tree.contents['requirements-test.txt'] === undefined ? [] : ['--requirement', 'requirements-test.txt'];
  const needed = [...file, '--', 'pytest', ...(measures ? ['coverage'] : [])];
  const pytest = ['-m', 'pytest', '-p', 'no:cacheprovider', '--color=no', '--junitxml=test-reports/pytest.xml'];
  const data = '--data-file=/work/out/coverage';
  const run = measures ? ['-m', 'coverage', 'run', data, `--include=${modules.join(',')}`, ...pytest] : pytest;
  return {
    resolve: [
      step('resolve', 'pip: test tools', ['python3', '-m', 'pip', 'wheel', '--wheel-dir', wheelhouse, ...needed]),
    ],
    test: [
      step('test', 'python: test environment', ['python3', '-m', 'venv', '--without-pip', '--clear', environment]),
      step('test', 'pip: test environment', [
        'python3',
        '-m',
        'pip',
        '--python',
        python,
        'install',
        '--no-compile',
        ...needed,
      ]),
      {
        ...step('test', 'pytest', [python, ...run], sparkOf(toolchains)),
        missPatterns: [],
        failurePatterns: [{ pattern: '^(FAILED|ERROR) |^=+ .*[0-9] (failed|error)', code: 'build.tests-failed' }],
      },
      ...(measures
        ? [
            step('test', 'coverage: report', [
              python,
              '-m',
              'coverage',
              'xml',
              data,
              '-o',
              'coverage-reports/coverage.xml',
            ]),
          ]
        : []),
    ],
    reports: [
      { kind: 'junit', glob: 'test-reports/*.xml' },
      ...(measures ? [{ kind: 'cobertura' as const, glob: 'coverage-reports/coverage.xml' }] : []),
    ],
  };
}

function step(phase: PlanStep['phase'], name: string, argv: string[], env: Record<string, string> = {}): object {
  const isOnline = phase === 'resolve';
  return {
    name,
    phase,
    argv,
    env: {
      PIP_CONFIG_FILE: '/dev/null',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_CACHE_DIR: '1',
      PIP_NO_INPUT: '1',
      PIP_PROGRESS_BAR: 'off',
      PYTHONDONTWRITEBYTECODE: '1',
      ...(isOnline
        ? { PIP_INDEX_URL: 'http://127.0.0.1:3128/pypi/simple' }
        : { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheelhouse }),
      ...env,
    },
    missPatterns: isOnline ? [] : missing,
    failurePatterns: [
      { pattern: 'HTTP error 403 while getting|403 Client Error', code: 'build.egress-denied' },
      ...missing.map((pattern) => ({ pattern, code: 'build.dependency' })),
    ],
  };
}

/** The runtime's Spark, for tests that want it. */
function sparkOf(toolchains: PlanConfig['toolchains']): Record<string, string> {
  if (!toolchains.some(({ name }) => name === 'spark')) return {};
  return {
    PYTHONPATH: '/opt/site:.',
    SPARK_HOME: '/opt/site/pyspark',
    PYSPARK_PYTHON: python,
    SPARK_LOCAL_IP: '127.0.0.1',
    JAVA_TOOL_OPTIONS:
      '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus} -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
  };
}
