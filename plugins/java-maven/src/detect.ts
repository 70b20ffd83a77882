import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { readPom } from './pom.ts';
import { wrapperFile } from './maven-version.ts';

/** Maven builds have a `pom.xml` at their top. */
export function detect(tree: TreeSnapshot): Detection {
  if (!tree.entries.some((entry) => entry.path === 'pom.xml')) return { match: 'no' };
  const text = tree.contents['pom.xml'];
  if (text === undefined)
    return { match: 'error', evidence: ['pom.xml'], reason: 'pom.xml is too large or no UTF-8 text' };
  const pom = readPom(text);
  if (pom === undefined)
    return {
      match: 'error',
      evidence: ['pom.xml'],
      reason: 'pom.xml is no XML with a <project>, or declares entities',
    };
  const wrapper = tree.contents[wrapperFile] === undefined ? [] : [wrapperFile];
  return { match: 'yes', evidence: [`pom.xml (${pom.artifactId}, ${pom.packaging})`, ...wrapper] };
}
