import { PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { pip, step, wheelhouse } from './pip.ts';
import type { PlanParts } from './plan.ts';
import { requirementsIn } from './requirements.ts';
import { scriptsOf, siblingImports } from './scripts.ts';
import { hasTests, testRequirements } from './test-requirements.ts';
import { reportsOf, testSteps } from './test-steps.ts';

const requirementsFile = '/work/home/slowlane/requirements.txt';

/** One file, compiled to see that it is Python; its libraries come from `requirements.txt`. */
export function scriptPlan(tree: TreeSnapshot, config: PlanConfig): PlanParts {
  const script = scriptOf(tree, config);
  refuseSiblings(script, tree);
  const needed = tree.contents['requirements.txt'] === undefined ? [] : requirementsIn('requirements.txt', tree);
  const tests = config.runTests && hasTests(tree) ? testRequirements(tree, undefined, config) : undefined;
  const libraries = ['--requirement', requirementsFile];
  return {
    files: [{ path: requirementsFile.replace('/work/', ''), content: needed.map((line) => `${line}\n`).join('') }],
    steps: [
      ...(needed.length === 0
        ? []
        : [step('resolve', 'pip: dependencies', pip('wheel', '--wheel-dir', wheelhouse, ...libraries))]),
      ...(tests === undefined
        ? []
        : [step('resolve', 'pip: test tools', pip('wheel', '--wheel-dir', wheelhouse, ...libraries, '--', ...tests))]),
      step('build', 'python: compile the script', ['python3', '-m', 'py_compile', script]),
      ...(needed.length === 0
        ? []
        : [step('build', 'pip: companions', pip('wheel', '--wheel-dir', '/work/out/lib', ...libraries))]),
      ...(tests === undefined
        ? []
        : testSteps({ config, tree, tests, requirements: requirementsFile, artifact: undefined })),
    ],
    reports: tests === undefined ? [] : reportsOf(config),
    output: {
      kind: 'python-script',
      primary: { include: [`src/${script}`], exclude: [] },
      companions: { include: ['out/lib/*.whl'], exclude: ['out/lib/pyspark-*.whl', 'out/lib/py4j-*.whl'] },
    },
  };
}

function scriptOf(tree: TreeSnapshot, config: PlanConfig): string {
  const wanted = config.main ?? config.artifact;
  const candidates = scriptsOf(tree);
  const isThere = (path: string): boolean => path.endsWith('.py') && tree.entries.some((entry) => entry.path === path);
  if (wanted !== undefined && isThere(wanted)) return wanted;
  if (wanted === undefined && candidates.length === 1) return candidates[0] as string;
  throw new PlanRefusal(
    'plan.refused',
    wanted === undefined
      ? `${candidates.length} scripts and job.main names none`
      : `job.main: there is no script "${wanted}"`,
    {
      hint: `Set job.main to one of: ${candidates.join(', ')}`,
      candidates,
    },
  );
}

function refuseSiblings(script: string, tree: TreeSnapshot): void {
  const siblings = siblingImports(script, tree);
  if (siblings.length === 0) return;
  throw new PlanRefusal(
    'plan.refused',
    `${script} imports ${siblings.join(', ')} of the same folder: a script goes to the cluster alone`,
    {
      hint: 'Make it a package: a pyproject.toml with an entry point under [project.scripts].',
      candidates: siblings,
    },
  );
}
