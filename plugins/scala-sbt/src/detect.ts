import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { readBuildDefinition } from './build-definition.ts';
import { buildProperties } from './build-properties.ts';

/** sbt builds have a `.sbt` file at their top, or say in `project/build.properties` which sbt they want. */
export function detect(tree: TreeSnapshot): Detection {
  const sbtFiles = tree.entries.map((entry) => entry.path).filter((path) => /^[^/]+\.sbt$/.test(path));
  const wantsSbt = /^[ \t]*sbt\.version[ \t]*[=:]/m.test(tree.contents[buildProperties] ?? '');
  if (sbtFiles.length === 0 && !wantsSbt) return { match: 'no' };
  const unread = sbtFiles.find((path) => tree.contents[path] === undefined);
  if (unread !== undefined)
    return { match: 'error', evidence: [unread], reason: `${unread} is too large or no UTF-8 text` };
  return {
    match: 'yes',
    evidence: [...sbtFiles.map((path) => evidenceOf(path, tree)), ...(wantsSbt ? [buildProperties] : [])],
  };
}

function evidenceOf(path: string, tree: TreeSnapshot): string {
  const version = readBuildDefinition(tree.contents[path] ?? '').scalaVersion;
  return version === undefined ? path : `${path} (scalaVersion ${version})`;
}
