import { PlanRefusal } from '@slowlane/contracts';
import { notebookPath } from './notebook-format.ts';

/** The notebook that the job runs: `job.main` (with or without extension), the only one there is, or the one called `main`. */
export function entryOf<T extends { path: string }>(
  notebooks: readonly T[],
  main: string | undefined,
  code: 'plan.refused' | 'artifact.entry-point-missing' = 'plan.refused',
): T {
  const candidates = notebooks.map(({ path }) => path);
  const wanted = (name: string): T | undefined =>
    notebooks.find(({ path }) => path === name || notebookPath(path) === name);
  const found = main === undefined ? (notebooks.length === 1 ? notebooks[0] : wanted('main')) : wanted(main);
  if (found !== undefined) return found;
  const what =
    main !== undefined
      ? `job.main: there is no notebook "${main}"`
      : `${candidates.length} notebooks and job.main names none`;
  throw new PlanRefusal(code, what, {
    hint:
      candidates.length === 0
        ? 'A notebook begins with the line "# Databricks notebook source" (Scala: //, SQL: --), or is an .ipynb file.'
        : `Set job.main to one of: ${candidates.join(', ')}`,
    candidates,
  });
}
