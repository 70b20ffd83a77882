import { classArchive } from '@slowlane/kit';

/** The same file in both phases: the URL is part of the place in coursier's cache. */
export const repositories = `[repositories]
  local
  slowlane: http://127.0.0.1:3128/maven/
`;

const home = '/work/home';

/** The launcher with every folder of sbt and coursier moved below `/work/home`. */
export function sbtCommand(
  tasks: readonly string[],
  how: { offline: boolean; isSmall: boolean; jdk: string },
): string[] {
  return [
    'java',
    '-XX:+UseSerialGC',
    // Half the processor time for a short build, a loss for a long one: measured on the Scala template.
    ...(how.isSmall ? ['-XX:TieredStopAtLevel=1'] : []),
    ...classArchive(how.jdk, how.offline ? 'read' : 'write'),
    '-XX:MaxRAMPercentage=60',
    `-Dsbt.boot.directory=${home}/boot`,
    `-Dsbt.global.base=${home}/sbt`,
    `-Dsbt.ivy.home=${home}/ivy2`,
    `-Dsbt.coursier.home=${home}/coursier`,
    `-Dsbt.global.localcache=${home}/sbt-cache`,
    `-Dsbt.repository.config=${home}/sbt/repositories`,
    '-Dsbt.override.build.repos=true',
    '-Dsbt.server.autostart=false',
    '-Dsbt.color=false',
    '-Dsbt.supershell=false',
    '-Dsbt.log.noformat=true',
    ...(how.offline ? ['-Dsbt.offline=true'] : []),
    '-jar',
    '/opt/sbt/sbt-launch.jar',
    ...tasks,
  ];
}

/** The JVM sees the whole machine's memory and processors, so it is told its limits; forked test JVMs are told the same way. */
export function sbtEnv(how: { offline: boolean }): Record<string, string> {
  return {
    JAVA_TOOL_OPTIONS: '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus}',
    COURSIER_CACHE: `${home}/coursier`,
    ...(how.offline ? { COURSIER_MODE: 'offline' } : {}),
    SOURCE_DATE_EPOCH: '${sourceDateEpoch}',
    // Spark in tests would ask for the name of a network interface that is not there.
    SPARK_LOCAL_IP: '127.0.0.1',
    NO_COLOR: '1',
  };
}
