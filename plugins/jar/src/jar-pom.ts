import type { Artifact } from './schema.ts';

export interface Coordinates {
  group: string;
  artifact: string;
  version: string;
  classifier: string | undefined;
}

export function coordinatesOf(text: string): Coordinates {
  const [group, artifact, version, classifier] = text.split(':') as [string, string, string, string | undefined];
  return { group, artifact, version, classifier };
}

/** A POM that depends on the JAR and nothing else: Maven itself then decides what goes with it. */
export function jarPom({ maven, repository = 'maven', companions = 'runtime' }: Artifact): string {
  const isClosed = companions !== 'runtime';
  const all = [maven as string, ...(isClosed ? companions : [])];
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>slowlane</groupId>
  <artifactId>jar</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <repositories>${repository === 'maven' ? '' : repositoryXml(repository)}</repositories>
  <dependencies>
${all.map((text) => dependencyXml(coordinatesOf(text), isClosed)).join('\n')}
  </dependencies>
</project>
`;
}

/** Asked before the default one. Its files are held against the checksums beside them. */
function repositoryXml(name: string): string {
  const policy = '<enabled>true</enabled><checksumPolicy>fail</checksumPolicy>';
  return `<repository><id>slowlane-${name}</id><url>http://127.0.0.1:3128/${name}/</url><releases>${policy}</releases><snapshots>${policy}</snapshots></repository>`;
}

function dependencyXml({ group, artifact, version, classifier }: Coordinates, isClosed: boolean): string {
  const named = classifier === undefined ? '' : `<classifier>${classifier}</classifier>`;
  const exclusions = isClosed
    ? '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
    : '';
  return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${named}${exclusions}</dependency>`;
}

/** Repositories at the gateway are asked under their own name; those that POMs of libraries name are the default one. */
export const jarSettings = `<settings>
  <mirrors><mirror><id>slowlane</id><mirrorOf>external:*</mirrorOf><url>http://127.0.0.1:3128/maven/</url></mirror></mirrors>
</settings>
`;
