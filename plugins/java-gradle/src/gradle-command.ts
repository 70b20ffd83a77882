import { classArchive } from '@slowlane/kit';
import type { GradleChoice } from './gradle-version.ts';

const home = '/work/home';

/** Folder of a fetched distribution below `/work/home`. */
export function distributionFolder(version: string): string {
  return `gradle-${version}`;
}

/** Gradle as one process that ends with the build, with nothing taken from another build. */
export function gradleCommand(
  tasks: readonly string[],
  how: { gradle: GradleChoice; offline: boolean; settings: Readonly<Record<string, string>> },
): string[] {
  const { gradle, offline, settings } = how;
  return [
    gradle.from === 'toolchain' ? 'gradle' : `${home}/${distributionFolder(gradle.version)}/bin/gradle`,
    '--no-daemon',
    '--console=plain',
    // The tests of every project are reported, not only those up to the first that fails.
    '--continue',
    ...(offline ? ['--offline'] : []),
    '--init-script',
    `${home}/slowlane.gradle`,
    '--gradle-user-home',
    `${home}/gradle`,
    '-Dorg.gradle.caching=false',
    '-Dorg.gradle.configureondemand=false',
    '-Dorg.gradle.configuration-cache=false',
    '-Dorg.gradle.unsafe.configuration-cache=false',
    '-Dorg.gradle.vfs.watch=false',
    '-Dorg.gradle.java.installations.auto-download=false',
    ...Object.entries(settings).map(([name, value]) => `-Pslowlane.${name}=${value}`),
    ...tasks,
  ];
}

/** `jvm`: of a step that starts Gradle, what speeds up its JVM; where Gradle starts another one for the build, the project's own settings stand for that. */
export function gradleEnv(jvm?: { jdk: string; offline: boolean; isSmall: boolean }): Record<string, string> {
  return {
    ...(jvm === undefined ? {} : { GRADLE_OPTS: jvmOptions(jvm).join(' ') }),
    JAVA_TOOL_OPTIONS: '-XX:MaxRAM=${memoryMb}m -XX:ActiveProcessorCount=${cpus}',
    SOURCE_DATE_EPOCH: '${sourceDateEpoch}',
    // Spark in tests would ask for the name of a network interface that is not there.
    SPARK_LOCAL_IP: '127.0.0.1',
    NO_COLOR: '1',
  };
}

function jvmOptions({ jdk, offline, isSmall }: { jdk: string; offline: boolean; isSmall: boolean }): string[] {
  return [
    '-XX:+UseSerialGC',
    // Less than half the processor time for a short build, a loss for a long one: measured on six classes.
    ...(isSmall ? ['-XX:TieredStopAtLevel=1'] : []),
    ...classArchive(jdk, offline ? 'read' : 'write'),
  ];
}
