import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { pythonFor } from '@slowlane/kit';
import { declaresProject, pyProjectOf } from './pyproject.ts';
import { scriptPlan } from './script-plan.ts';
import { wheelPlan } from './wheel-plan.ts';

export type PlanParts = Pick<BuildPlan, 'files' | 'output'> & { steps: object[]; reports: BuildPlan['reports'] };

/** A project with `pyproject.toml` or `setup.py` becomes a wheel, anything else one script; libraries are wheels beside it. */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const pyproject = pyProjectOf(tree);
  const isPackage = declaresProject(pyproject) || tree.entries.some((entry) => entry.path === 'setup.py');
  const parts = isPackage ? wheelPlan(tree, config, pyproject) : scriptPlan(tree, config);
  if (config.coverage && parts.reports.length === 0)
    throw new PlanRefusal('plan.refused', 'build.coverage: there are no tests that could cover anything', {
      hint: config.runTests
        ? 'Add test_*.py files, or remove build.coverage.'
        : 'Remove build.coverage or build.test: false.',
    });
  return BuildPlan.parse({
    plugin: 'python',
    tools: [pythonFor(config)],
    ...parts,
    dependencyFiles: dependencyFilesOf(tree),
    registries: ['pypi'],
  });
}

function dependencyFilesOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) =>
      /^(pyproject\.toml|setup\.py|setup\.cfg|requirements[^/]*\.txt|requirements\/[^/]+\.txt|uv\.lock|poetry\.lock|pdm\.lock)$/.test(
        path,
      ),
    );
}
