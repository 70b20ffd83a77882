import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { defaultMavenVersion } from '@slowlane/kit';

export interface MavenChoice {
  version: string;
  /** SHA-256 that the project pins, of the `-bin.zip`. */
  sha256: string | undefined;
  /** Where the version was read. */
  source: string;
}

export const wrapperFile = '.mvn/wrapper/maven-wrapper.properties';

/** The Maven that the project's wrapper names, else our default. It is fetched from Maven Central like any dependency. */
export function mavenOf(tree: TreeSnapshot): MavenChoice {
  const text = tree.contents[wrapperFile];
  const url = text === undefined ? undefined : /^[ \t]*distributionUrl[ \t]*=[ \t]*(\S+)/m.exec(text)?.[1];
  if (text === undefined || url === undefined)
    return { version: defaultMavenVersion, sha256: undefined, source: "Slow Lane's default" };
  const version =
    /\/org\/apache\/maven\/apache-maven\/([0-9][0-9A-Za-z.-]{0,30})\/apache-maven-\1-bin\.(?:zip|tar\.gz)$/.exec(
      url.replaceAll('\\', ''),
    )?.[1];
  if (version === undefined || !/^3\.(?:[6-9]|\d\d)\./.test(version))
    throw new PlanRefusal('plan.refused', `${wrapperFile}: distributionUrl ${url} is not supported`, {
      hint: 'Name a Maven 3.6 or later 3.x of Maven Central: …/org/apache/maven/apache-maven/3.9.16/apache-maven-3.9.16-bin.zip',
    });
  const sha256 = /^[ \t]*distributionSha256Sum[ \t]*=[ \t]*([0-9a-fA-F]{64})[ \t]*$/m.exec(text)?.[1]?.toLowerCase();
  return { version, sha256: url.endsWith('.zip') ? sha256 : undefined, source: wrapperFile };
}
