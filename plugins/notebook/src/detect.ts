import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { findNotebooks, javaFiles } from './find-notebooks.ts';

/** A project with a build tool is built by that: notebooks in it are notes. */
const buildFile =
  /^(build\.sbt|project\/build\.properties|pom\.xml|(build|settings)\.gradle(\.kts)?|pyproject\.toml|setup\.py|DESCRIPTION|package\.json|go\.mod)$/;

export function detect(tree: TreeSnapshot): Detection {
  if (tree.entries.some(({ path }) => buildFile.test(path))) return { match: 'no' };
  const { notebooks, broken } = findNotebooks(tree);
  const [first] = broken;
  if (notebooks.length > 0) return { match: 'yes', evidence: notebooks.slice(0, 5).map(({ path }) => path) };
  if (first !== undefined) return { match: 'error', evidence: broken.map(({ path }) => path), reason: first.wrong };
  const java = javaFiles(tree);
  return java.length === 0 ? { match: 'no' } : { match: 'yes', evidence: java.slice(0, 5) };
}
