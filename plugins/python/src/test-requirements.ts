import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { isProvided, refuseForeign, requirementName, requirementsIn } from './requirements.ts';
import type { PyProject } from './schema.ts';

export function hasTests(tree: TreeSnapshot): boolean {
  return tree.entries.some((entry) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(entry.path));
}

/**
 * What the tests need beside the program: the `test` extra or dependency group, else `dev`, else `requirements-test.txt` or `requirements-dev.txt`;
 * and pytest, which runs `unittest` cases too and writes JUnit XML, and coverage.py where it is asked for.
 */
export function testRequirements(
  tree: TreeSnapshot,
  pyproject: PyProject | undefined,
  config: Pick<PlanConfig, 'coverage'>,
): string[] {
  const own = requirementName(pyproject?.project?.name ?? '');
  const declared = declaredFor(tree, pyproject).filter((line) => !isProvided(line) && requirementName(line) !== own);
  const needed = ['pytest', ...(config.coverage ? ['coverage'] : [])];
  return [...declared, ...needed.filter((name) => !declared.some((line) => requirementName(line) === name))];
}

function declaredFor(tree: TreeSnapshot, pyproject: PyProject | undefined): string[] {
  for (const name of ['test', 'tests', 'testing', 'dev']) {
    const group = groupOf(pyproject, name);
    if (group.length > 0) {
      group.forEach((requirement) => refuseForeign(requirement, 'pyproject.toml'));
      return group;
    }
  }
  const file = ['requirements-test.txt', 'requirements-tests.txt', 'requirements-dev.txt'].find(
    (path) => tree.contents[path] !== undefined,
  );
  return file === undefined ? [] : requirementsIn(file, tree);
}

function groupOf(pyproject: PyProject | undefined, name: string, seen: ReadonlySet<string> = new Set()): string[] {
  if (seen.has(name)) return [];
  const extra = pyproject?.project?.['optional-dependencies'][name];
  const group = pyproject?.['dependency-groups'][name] ?? [];
  const inner = group.flatMap((entry) =>
    typeof entry === 'string' ? [entry] : groupOf(pyproject, entry['include-group'], new Set([...seen, name])),
  );
  return [...(extra ?? []), ...inner];
}
