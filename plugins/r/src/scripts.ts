import type { TreeSnapshot } from '@slowlane/contracts';

/** Top-level R files that could be the program: notebooks and tests are not. */
export function scriptsOf(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /^[A-Za-z0-9_][A-Za-z0-9_. -]*\.[rR]$/.test(path) && !/^test/i.test(path))
    .filter((path) => !isNotebook(tree.contents[path]));
}

function isNotebook(text: string | undefined): boolean {
  return /^\uFEFF?# Databricks notebook source\s*$/.test((text ?? '').split('\n', 1)[0] as string);
}

/** R files that go along, so that the program can `source()` them: the top and `R/`. */
export function programFiles(tree: TreeSnapshot): string[] {
  return tree.entries
    .map((entry) => entry.path)
    .filter((path) => /^(R\/)?[^/]+\.[rR]$/.test(path) && !/^test/i.test(path));
}

/** Folder with the tests of testthat, where there are any. */
export function testFolder(tree: TreeSnapshot): string | undefined {
  return ['tests/testthat', 'tests'].find((folder) =>
    tree.entries.some(
      ({ path }) => path.startsWith(`${folder}/test`) && /^test[^/]*\.[rR]$/.test(path.slice(folder.length + 1)),
    ),
  );
}
