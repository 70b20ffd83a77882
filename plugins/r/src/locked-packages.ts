import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { RenvLock } from './schema.ts';

export interface LockedPackage {
  name: string;
  version: string;
}

/** Packages of R itself, and the one that only the lock's own tool needs. */
const withR = new Set([
  ...['base', 'compiler', 'datasets', 'graphics', 'grDevices', 'grid', 'methods', 'parallel', 'splines', 'stats'],
  ...['stats4', 'tcltk', 'tools', 'utils', 'translations', 'renv', 'SparkR'],
]);

/** What `renv.lock` pins, by name: these travel with the program. What it does not name the runtime must have. Refuses what is not from CRAN. */
export function lockedPackages(tree: TreeSnapshot): LockedPackage[] {
  if (!tree.entries.some(({ path }) => path === 'renv.lock')) return [];
  const lock = readLock(tree.contents['renv.lock']);
  const packages = Object.values(lock.Packages).filter(({ Package }) => !withR.has(Package));
  const foreign = packages.filter(({ Source }) => !['Repository', 'CRAN'].includes(Source));
  if (foreign.length > 0) {
    const names = foreign.map(({ Package, Source }) => `${Package} (${Source})`);
    throw new PlanRefusal('plan.refused', `renv.lock: ${names.join(', ')} come from no CRAN repository`, {
      hint: 'Only packages of the registry "cran" can be had: give the repository of your own packages as that registry, and lock them from there.',
      candidates: names,
    });
  }
  return packages
    .map(({ Package, Version }) => ({ name: checked(Package, nameForm), version: checked(Version, versionForm) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nameForm = /^[A-Za-z][A-Za-z0-9.]{0,100}$/;
const versionForm = /^\d+([.-]\d+){0,8}$/;

function checked(text: string, form: RegExp): string {
  if (form.test(text)) return text;
  throw new PlanRefusal('plan.refused', `renv.lock: "${text.slice(0, 100)}" is no name or version of a package`);
}

function readLock(text: string | undefined): RenvLock {
  try {
    return RenvLock.parse(JSON.parse(text ?? ''));
  } catch {
    throw new PlanRefusal('plan.refused', 'renv.lock is no lock file of renv: JSON with "Packages"', {
      hint: 'Write it with renv::snapshot().',
    });
  }
}
