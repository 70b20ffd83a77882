import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { wrapperFile } from './gradle-version.ts';

/** Gradle's own order: of two files for one purpose the Groovy one counts. */
const files = ['settings.gradle', 'settings.gradle.kts', 'build.gradle', 'build.gradle.kts'];

/** Gradle builds have a settings or a build file at their top, in Groovy or Kotlin. */
export function detect(tree: TreeSnapshot): Detection {
  const paths = new Set(tree.entries.map((entry) => entry.path));
  const evidence = files.filter((file) => paths.has(file));
  if (evidence.length === 0) return { match: 'no' };
  const unread = evidence.filter((file) => tree.contents[file] === undefined);
  if (unread.length > 0)
    return { match: 'error', evidence: unread, reason: `${unread.join(', ')}: too large, or no UTF-8 text` };
  return { match: 'yes', evidence: [...evidence, ...(paths.has(wrapperFile) ? [wrapperFile] : [])] };
}
