import type { TreeSnapshot } from '@slowlane/contracts';

/** Top-level Python files that could be the program: set-up and test files are not, and neither are notebooks. */
export function scriptsOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /^[^/]+\.py$/.test(path) && !/^(setup|conftest|noxfile|test_.*|.*_test)\.py$/.test(path))
    .filter((path) => !isNotebook(tree.contents[path]));
}

/** Whether Databricks notebooks lie at the top: then the Python files beside them are their modules. */
export function hasNotebooks(tree: TreeSnapshot): boolean {
  return Object.entries(tree.contents).some(([path, text]) => path.endsWith('.py') && isNotebook(text));
}

function isNotebook(text: string | undefined): boolean {
  return /^\uFEFF?# Databricks notebook source\s*$/.test((text ?? '').split('\n', 1)[0] as string);
}

/** Modules beside a script that it imports; they would be missing on the cluster. */
export function siblingImports(script: string, tree: TreeSnapshot): string[] {
  const modules = new Set(tree.entries.flatMap(({ path }) => /^(\w+)(?:\.py|\/__init__\.py)$/.exec(path)?.[1] ?? []));
  const imports = [...(tree.contents[script] ?? '').matchAll(/^[ \t]*(?:from|import)[ \t]+(\w+)/gm)].map(
    (match) => match[1] as string,
  );
  return [...new Set(imports)].filter((name) => modules.has(name) && `${name}.py` !== script);
}
