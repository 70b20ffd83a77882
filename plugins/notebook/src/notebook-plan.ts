import { PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { pythonFor } from '@slowlane/kit';
import { entryOf } from './entry-of.ts';
import { findNotebooks, type FoundNotebook } from './find-notebooks.ts';
import { maxNotebookBytes, notebookPath, resolveTarget, runTargets } from './notebook-format.ts';
import { packProgram, packScript } from './pack-program.ts';
import type { PlanParts } from './plan.ts';
import { hasTests, testSteps } from './test-steps.ts';

/** Everything that is a notebook goes into the set, so that `%run` and `dbutils.notebook.run` find each other; what leads out is refused. */
export function notebookPlan(tree: TreeSnapshot, config: PlanConfig): PlanParts {
  const { notebooks, modules } = findNotebooks(tree);
  entryOf(notebooks, config.main);
  refuseTwins(notebooks);
  refuseLarge(tree, notebooks);
  for (const { path } of notebooks) refuseOpenRuns(path, tree, notebooks);
  const tests = config.runTests && hasTests(tree) ? testSteps(tree, config, modules) : undefined;
  const files = [...notebooks.map(({ path }) => path), ...modules].sort();
  return {
    tools: [pythonFor(config)],
    files: [{ path: packScript, content: packProgram }],
    steps: [
      ...(tests?.resolve ?? []),
      {
        name: 'notebook: pack',
        phase: 'build',
        argv: ['python3', '-I', `/work/${packScript}`, 'notebooks', '/work/out/notebooks.zip', ...files],
      },
      ...(tests?.test ?? []),
    ],
    dependencyFiles: tree.entries.map(({ path }) => path).filter((path) => path === 'requirements-test.txt'),
    registries: ['pypi'],
    reports: tests?.reports ?? [],
    output: {
      kind: 'notebooks',
      primary: { include: ['out/notebooks.zip'], exclude: [] },
      companions: { include: [], exclude: [] },
    },
  };
}

/** In the workspace both would be the same object. */
function refuseTwins(notebooks: readonly FoundNotebook[]): void {
  const byPath = Map.groupBy(notebooks, ({ path }) => notebookPath(path).toLowerCase());
  const twins = [...byPath.values()].find((group) => group.length > 1);
  if (twins === undefined) return;
  const paths = twins.map(({ path }) => path);
  throw new PlanRefusal('plan.refused', `${paths.join(' and ')} would be one notebook in the workspace`, {
    hint: 'Notebooks have no extension there: give one of them another name.',
    candidates: paths,
  });
}

function refuseLarge(tree: TreeSnapshot, notebooks: readonly FoundNotebook[]): void {
  const sizes = new Map(tree.entries.map(({ path, size }) => [path, size]));
  const large = notebooks.find(({ path }) => (sizes.get(path) ?? 0) > maxNotebookBytes);
  if (large === undefined) return;
  throw new PlanRefusal(
    'plan.refused',
    `${large.path} has ${sizes.get(large.path)} bytes, a notebook at most ${maxNotebookBytes}`,
    { hint: 'Clear its outputs before the commit, or split it.' },
  );
}

function refuseOpenRuns(path: string, tree: TreeSnapshot, notebooks: readonly FoundNotebook[]): void {
  const known = notebooks.map((one) => notebookPath(one.path));
  for (const target of runTargets(path, tree.contents[path] ?? '')) {
    const resolved = resolveTarget(path, target);
    if (resolved !== undefined && known.includes(resolved)) continue;
    throw new PlanRefusal('plan.refused', `${path}: %run ${target} leads to no notebook of the project`, {
      hint: 'Only notebooks of this project, at most one folder deep, go with it. Name it relative to the notebook: %run ./helpers',
      candidates: known,
    });
  }
}
