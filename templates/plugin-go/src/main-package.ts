import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';

/** Folder of the `main` package that is the program: `job.main` (`.` or `cmd/name`), or the only one. */
export function mainPackage(tree: TreeSnapshot, wanted: string | undefined): string {
  const candidates = [
    ...new Set(
      Object.entries(tree.contents).flatMap(([path, text]) =>
        path.endsWith('.go') && !path.endsWith('_test.go') && /^package main\b/m.test(text)
          ? [path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.']
          : [],
      ),
    ),
  ].sort();
  const found =
    wanted === undefined
      ? candidates.length === 1
        ? candidates[0]
        : undefined
      : candidates.find((one) => one === wanted);
  if (found !== undefined) return found;
  throw new PlanRefusal(
    'plan.refused',
    wanted === undefined
      ? `${candidates.length} packages are called main and job.main names none`
      : `job.main: there is no package main in "${wanted}"`,
    {
      hint:
        candidates.length === 0
          ? 'A program is a package main at the top, or in cmd/NAME.'
          : `Set job.main to one of: ${candidates.join(', ')}`,
      candidates,
    },
  );
}
