import { classArchive } from './class-archive.ts';

const home = '/work/home';

/** From 3.9 on the default JAR plugin takes the time of the commit, so that the same commit gives the same bytes. */
export const defaultMavenVersion = '3.9.16';

/** The same mirror in both phases: Maven remembers from which repository a file came, and asks again when that changes. */
export const gatewayMavenSettings = `<settings>
  <mirrors><mirror><id>slowlane</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:3128/maven/</url></mirror></mirrors>
</settings>
`;

/** Maven without its shell script, so that the JVM gets its flags from us and nothing reads the environment. `jdk`: its version, where its classes are worth an archive. */
export function mavenCommand(
  goals: readonly string[],
  how: { version: string; offline: boolean; isSmall: boolean; jdk?: string },
): string[] {
  const maven = `${home}/maven-${how.version}`;
  return [
    'java',
    '-XX:+UseSerialGC',
    // Halves the time of a short build: measured, see the reference of the sandbox.
    ...(how.isSmall ? ['-XX:TieredStopAtLevel=1'] : []),
    ...(how.jdk === undefined ? [] : classArchive(how.jdk, how.offline ? 'read' : 'write')),
    '-XX:MaxRAMPercentage=50',
    `-Dclassworlds.conf=${maven}/bin/m2.conf`,
    `-Dmaven.home=${maven}`,
    '-Dmaven.multiModuleProjectDirectory=/work/src',
    '-classpath',
    `${maven}/boot/*`,
    'org.codehaus.plexus.classworlds.launcher.Launcher',
    '--batch-mode',
    '--strict-checksums',
    '--no-transfer-progress',
    '--errors',
    ...(how.offline ? ['--offline'] : []),
    `--settings=${home}/settings.xml`,
    `-Dmaven.repo.local=${home}/m2`,
    '-Dproject.build.outputTimestamp=${sourceDateEpoch}',
    '-Dstyle.color=never',
    ...goals,
  ];
}

export function mavenEnv(): Record<string, string> {
  return {
    JAVA_TOOL_OPTIONS: '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus}',
    SOURCE_DATE_EPOCH: '${sourceDateEpoch}',
    // Spark in tests would ask for the name of a network interface that is not there.
    SPARK_LOCAL_IP: '127.0.0.1',
    NO_COLOR: '1',
  };
}
