import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { artifactFiles } from './artifact-of.ts';

/** A project without sources has an `artifact.yaml` at its top. */
export function detect(tree: TreeSnapshot): Detection {
  const file = artifactFiles.find((name) => tree.entries.some((entry) => entry.path === name));
  if (file === undefined) return { match: 'no' };
  if (tree.contents[file] === undefined)
    return { match: 'error', evidence: [file], reason: `${file} is too large or no UTF-8 text` };
  return { match: 'yes', evidence: [file] };
}
