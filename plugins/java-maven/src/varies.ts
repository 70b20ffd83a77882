import type { MavenChoice } from './maven-version.ts';
import type { PomPlugin } from './pom.ts';

const cure = 'name maven-jar-plugin 3.2.0 or later in the POM';

/**
 * Why two builds of the same tree may differ: the JAR plugin heeds `project.build.outputTimestamp` from 3.2.0 on, and Maven before 3.9 brings an older one.
 * A version that only Maven can tell (a property, a parent from a repository) is not judged.
 * @see https://maven.apache.org/guides/mini/guide-reproducible-builds.html
 */
export function variesOf(maven: MavenChoice, plugins: readonly PomPlugin[]): string[] {
  const own = plugins.filter(({ artifactId }) => artifactId === 'maven-jar-plugin');
  const version = own.find((plugin) => plugin.version !== undefined)?.version;
  if (version !== undefined)
    return isOlder(version, 3, 2)
      ? [`maven-jar-plugin ${version} writes the time of the build into the JAR: ${cure}`]
      : [];
  if (!isOlder(maven.version, 3, 9)) return [];
  return [
    `the JAR plugin of Maven ${maven.version} (${maven.source}) writes the time of the build into the JAR: ${cure}`,
  ];
}

function isOlder(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (first === undefined || second === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}
