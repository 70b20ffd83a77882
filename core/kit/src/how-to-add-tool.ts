interface ToolRemedy {
  /** What it is for. */
  use: string;
  /** How to bring it to the builder's machine. */
  remedy(version: string): string;
}

const jdkFolder = 'each folder below /usr/lib/jvm with bin/java and a release file counts';

/** Every tool that a build plan may ask of the machine. What a build gets from a registry (sbt, Scala, Maven by version) is not here. */
export const knownTools: Readonly<Record<string, ToolRemedy>> = {
  jdk: {
    use: 'Scala, Java and Gradle builds',
    remedy: (version) =>
      `apt-get install openjdk-${version.split('.')[0] || '17'}-jdk-headless, or unpack that JDK below /usr/lib/jvm (${jdkFolder})`,
  },
  maven: {
    use: 'Maven builds without a wrapper',
    remedy: () => 'apt-get install maven, or name a version in .mvn/wrapper',
  },
  gradle: {
    use: 'Gradle builds without a wrapper',
    remedy: () => 'apt-get install gradle, or name a distribution in gradle/wrapper/gradle-wrapper.properties',
  },
  python: { use: 'Python builds', remedy: () => 'apt-get install python3 python3-venv python3-pip' },
  r: { use: 'R builds', remedy: () => 'apt-get install r-base-core' },
  'sbt-launcher': { use: 'Scala builds', remedy: () => 'slowlane up installs it' },
  spark: { use: 'tests and local runs on Spark', remedy: () => 'slowlane up installs it' },
  node: { use: 'plugins and mediator modules', remedy: () => 'slowlane up installs it' },
};

/** One sentence for people who lack a tool. */
export function howToAddTool(name: string, version = ''): string {
  const known = knownTools[name];
  return known === undefined
    ? `Install ${name} ${version} on the builder's machine.`.replace('  ', ' ')
    : `On the builder's machine: ${known.remedy(version)}.`;
}
