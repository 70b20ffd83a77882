import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { findNotebooks, javaFiles } from './find-notebooks.ts';
import { javaPlan } from './java-plan.ts';
import { notebookPlan } from './notebook-plan.ts';

export type PlanParts = Omit<BuildPlan, 'plugin' | 'steps' | 'tools'> & { steps: object[]; tools: ToolRequirement[] };

/** Notebooks are packed as they are; Java files without a build tool are compiled against the runtime's Spark. */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const { notebooks, broken } = findNotebooks(tree);
  const [first] = broken;
  if (first !== undefined) throw new PlanRefusal('plan.refused', `${first.path}: ${first.wrong}`);
  const parts =
    notebooks.length === 0 && javaFiles(tree).length > 0 ? javaPlan(tree, config) : notebookPlan(tree, config);
  if (config.coverage && parts.reports.length < 2)
    throw new PlanRefusal('plan.refused', 'build.coverage: nothing of this project can be measured', {
      hint: 'Coverage is measured for Python modules beside notebooks that tests import. Remove build.coverage, or add tests/test_*.py.',
    });
  return BuildPlan.parse({ plugin: 'notebook', ...parts });
}
