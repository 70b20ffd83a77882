import type { BuildPlan, PlanConfig, PlanStep, TreeSnapshot } from '@slowlane/contracts';
import { coverageSources } from './coverage-sources.ts';
import { pip, step } from './pip.ts';

const environment = '/work/out/test-env';
const python = `${environment}/bin/python`;

export function reportsOf({ coverage }: PlanConfig): BuildPlan['reports'] {
  return [
    { kind: 'junit', glob: 'test-reports/*.xml' },
    ...(coverage ? [{ kind: 'cobertura' as const, glob: 'coverage-reports/coverage.xml' }] : []),
  ];
}

/** Tests run against the built wheel in an environment of its own, which is no part of the artifact. */
export function testSteps(of: {
  config: PlanConfig;
  tree: TreeSnapshot;
  tests: string[];
  requirements: string;
  artifact: string | undefined;
}): object[] {
  const install = (...args: string[]): string[] => pip('--python', python, 'install', '--no-compile', ...args);
  const failures: PlanStep['failurePatterns'] = [
    { pattern: '^(FAILED|ERROR) |^=+ .*[0-9] (failed|error)', code: 'build.tests-failed' },
  ];
  return [
    step('test', 'python: test environment', ['python3', '-m', 'venv', '--without-pip', '--clear', environment]),
    step('test', 'pip: test environment', install('--requirement', of.requirements, '--', ...of.tests)),
    ...(of.artifact === undefined
      ? []
      : [step('test', 'pip: install the wheel', install('--no-deps', '--requirement', of.artifact))]),
    {
      ...step(
        'test',
        'pytest',
        [
          python,
          ...measured(of),
          '-m',
          'pytest',
          '-p',
          'no:cacheprovider',
          '--color=no',
          '--junitxml=test-reports/pytest.xml',
        ],
        sparkOf(of.config),
      ),
      missPatterns: [],
      failurePatterns: failures,
    },
    ...(of.config.coverage
      ? [
          step('test', 'coverage: report', [
            python,
            '-m',
            'coverage',
            'xml',
            `--data-file=${coverageData}`,
            '-o',
            'coverage-reports/coverage.xml',
          ]),
        ]
      : []),
  ];
}

const coverageData = '/work/out/coverage';

function measured(of: { config: PlanConfig; tree: TreeSnapshot }): string[] {
  if (!of.config.coverage) return [];
  return ['-m', 'coverage', 'run', `--data-file=${coverageData}`, `--source=${coverageSources(of.tree).join(',')}`];
}

/** The runtime's Spark, so that a test may import what the cluster will have. */
function sparkOf(config: PlanConfig): Record<string, string> {
  if (!config.toolchains.some((tool) => tool.name === 'spark')) return {};
  return {
    PYTHONPATH: '/opt/site',
    SPARK_HOME: '/opt/site/pyspark',
    PYSPARK_PYTHON: python,
    SPARK_LOCAL_IP: '127.0.0.1',
    // Tests live for seconds: the second compiler would cost more than it gains.
    JAVA_TOOL_OPTIONS:
      '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus} -XX:+UseSerialGC -XX:TieredStopAtLevel=1',
  };
}
