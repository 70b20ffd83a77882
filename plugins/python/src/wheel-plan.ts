import { PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { pip, step, wheelhouse } from './pip.ts';
import type { PlanParts } from './plan.ts';
import { refuseForeign, requirementName } from './requirements.ts';
import { requirementsScript } from './requirements-script.ts';
import type { PyProject } from './schema.ts';
import { hasTests, testRequirements } from './test-requirements.ts';
import { reportsOf, testSteps } from './test-steps.ts';

const script = '/work/home/slowlane/requirements.py';
const runtime = '/work/out/runtime.txt';

/** The project's own backend makes the wheel, first with the gateway (its metadata says what else is needed), then without. */
export function wheelPlan(tree: TreeSnapshot, config: PlanConfig, pyproject: PyProject | undefined): PlanParts {
  if (config.main?.endsWith('.py') === true)
    throw new PlanRefusal('plan.refused', `job.main: "${config.main}" is a script, the project is built as a wheel`, {
      hint: 'Declare an entry point under [project.scripts] and name it in job.main.',
    });
  const tests = config.runTests && hasTests(tree) ? testRequirements(tree, pyproject, config) : undefined;
  return {
    files: [{ path: 'home/slowlane/requirements.py', content: requirementsScript }],
    steps: [
      step(
        'resolve',
        'pip: build tools',
        pip('wheel', '--wheel-dir', wheelhouse, '--', ...buildRequirements(pyproject)),
      ),
      step(
        'resolve',
        'pip: read the dependencies',
        pip('wheel', '--no-deps', '--use-pep517', '--wheel-dir', '/work/out/resolve', '.'),
      ),
      step('resolve', 'list the dependencies', ['python3', script, '/work/out/resolve', '/work/out']),
      step('resolve', 'pip: dependencies', pip('wheel', '--wheel-dir', wheelhouse, '--requirement', runtime)),
      ...(tests === undefined
        ? []
        : [
            step(
              'resolve',
              'pip: test tools',
              pip('wheel', '--wheel-dir', wheelhouse, '--requirement', runtime, '--', ...tests),
            ),
          ]),
      step(
        'build',
        'pip: build the wheel',
        pip('wheel', '--no-deps', '--use-pep517', '--wheel-dir', '/work/out/dist', '.'),
      ),
      step('build', 'list the dependencies', ['python3', script, '/work/out/dist', '/work/out']),
      step('build', 'pip: companions', pip('wheel', '--wheel-dir', '/work/out/lib', '--requirement', runtime)),
      ...(tests === undefined
        ? []
        : testSteps({ config, tree, tests, requirements: runtime, artifact: '/work/out/wheel.txt' })),
    ],
    reports: tests === undefined ? [] : reportsOf(config),
    output: {
      kind: 'wheel',
      primary:
        config.artifact === undefined
          ? { include: ['out/dist/*.whl'], exclude: [] }
          : { include: [`out/${config.artifact}`, `src/${config.artifact}`], exclude: [] },
      companions: { include: ['out/lib/*.whl'], exclude: ['out/lib/pyspark-*.whl', 'out/lib/py4j-*.whl'] },
    },
  };
}

/** setuptools before 70 asks for `wheel` only when it is run, so it must lie in the wheelhouse. */
function buildRequirements(pyproject: PyProject | undefined): string[] {
  const system = pyproject?.['build-system'];
  const declared = system?.requires ?? ['setuptools >= 40.8.0'];
  declared.forEach((requirement) => refuseForeign(requirement, 'pyproject.toml: build-system.requires'));
  const usesSetuptools = declared.some((requirement) => requirementName(requirement) === 'setuptools');
  return usesSetuptools && !declared.some((requirement) => requirementName(requirement) === 'wheel')
    ? [...declared, 'wheel']
    : declared;
}
