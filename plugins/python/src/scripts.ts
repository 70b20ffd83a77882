import type { TreeSnapshot } from '@slowlane/contracts';

/** Top-level Python files that could be the program: set-up and test files are not. */
export function scriptsOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /^[^/]+\.py$/.test(path) && !/^(setup|conftest|noxfile|test_.*|.*_test)\.py$/.test(path));
}

/** Modules beside a script that it imports; they would be missing on the cluster. */
export function siblingImports(script: string, tree: TreeSnapshot): string[] {
  const modules = new Set(tree.entries.flatMap(({ path }) => /^(\w+)(?:\.py|\/__init__\.py)$/.exec(path)?.[1] ?? []));
  const imports = [...(tree.contents[script] ?? '').matchAll(/^[ \t]*(?:from|import)[ \t]+(\w+)/gm)].map(
    (match) => match[1] as string,
  );
  return [...new Set(imports)].filter((name) => modules.has(name) && `${name}.py` !== script);
}
