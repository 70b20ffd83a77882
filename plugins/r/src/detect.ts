import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { descriptionOf } from './description.ts';
import { scriptsOf } from './scripts.ts';

/** Beside one of these an R script is a helper, not the program. */
const foreign =
  /^(build\.sbt|project\/build\.properties|pom\.xml|(build|settings)\.gradle(\.kts)?|pyproject\.toml|setup\.py|package\.json|go\.mod|[^/]+\.py)$/;

export function detect(tree: TreeSnapshot): Detection {
  const description = descriptionOf(tree);
  if (description !== undefined && 'wrong' in description)
    return { match: 'error', evidence: ['DESCRIPTION'], reason: description.wrong };
  if (description !== undefined)
    return { match: 'yes', evidence: [`DESCRIPTION (${description.package} ${description.version})`] };
  const scripts = scriptsOf(tree);
  if (scripts.length === 0 || tree.entries.some(({ path }) => foreign.test(path))) return { match: 'no' };
  const hasLock = tree.entries.some(({ path }) => path === 'renv.lock');
  return { match: 'yes', evidence: [...scripts.slice(0, 5), ...(hasLock ? ['renv.lock'] : [])] };
}
