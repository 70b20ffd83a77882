import type { TreeSnapshot } from '@slowlane/contracts';

/**
 * What coverage.py measures: the packages of the project by name, because tests import them from where the wheel was installed; for scripts the
 * folder itself. Tests are never part of it.
 */
export function coverageSources(tree: TreeSnapshot): string[] {
  const packages = tree.entries.flatMap(({ path }) => {
    const name = /^(?:src\/)?([A-Za-z_][A-Za-z0-9_]*)\/__init__\.py$/.exec(path)?.[1];
    return name === undefined || /^tests?$/.test(name) ? [] : [name];
  });
  if (packages.length > 0) return [...new Set(packages)].sort();
  const modules = tree.entries.flatMap(({ path }) => {
    const name = /^(?:src\/)?([A-Za-z_][A-Za-z0-9_]*)\.py$/.exec(path)?.[1];
    return name === undefined || /^(setup|conftest|test_.*|.*_test)$/.test(name) ? [] : [name];
  });
  return modules.length > 0 ? [...new Set(modules)].sort() : ['.'];
}
