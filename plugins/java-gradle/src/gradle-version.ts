import { PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';

/** The Gradle of a build: the machine's, or a distribution that the resolve phase fetches. */
export type GradleChoice =
  | { from: 'toolchain'; tool: ToolRequirement }
  | {
      from: 'distribution';
      version: string;
      /** `gradle-8.14-bin.zip` */
      file: string;
      /** SHA-256 that the project pins, of the zip. */
      sha256: string | undefined;
    };

export const wrapperFile = 'gradle/wrapper/gradle-wrapper.properties';

/**
 * First Gradle that runs on a Java version. @see https://docs.gradle.org/current/userguide/compatibility.html
 */
const firstFor: readonly { java: number; gradle: string }[] = [
  { java: 25, gradle: '9.1' },
  { java: 24, gradle: '8.14' },
  { java: 23, gradle: '8.10' },
  { java: 22, gradle: '8.8' },
  { java: 21, gradle: '8.5' },
  { java: 20, gradle: '8.3' },
  { java: 19, gradle: '7.6' },
  { java: 18, gradle: '7.5' },
  { java: 17, gradle: '7.3' },
  { java: 11, gradle: '5.0' },
];

/**
 * The Gradle of the wrapper, where the project has one and does not ask for the machine's. Only its properties file is read: the wrapper's
 * JAR and scripts, which anybody could have changed, are not run.
 */
export function gradleOf(tree: TreeSnapshot, config: PlanConfig, jdk: ToolRequirement): GradleChoice {
  const installed = config.toolchains.filter(({ name }) => name === 'gradle').map(({ version }) => version);
  const text = tree.contents[wrapperFile];
  if (text === undefined || config.options['gradle'] === 'toolchain') return machines(installed);
  const wrapper = readWrapper(text);
  if (installed.includes(wrapper.version))
    return { from: 'toolchain', tool: { name: 'gradle', version: wrapper.version, source: wrapperFile } };
  checkRunsOn(wrapper.version, jdk);
  return { from: 'distribution', ...wrapper };
}

function machines(installed: readonly string[]): GradleChoice {
  const newest = [...installed].sort(compareVersions).at(-1);
  // Without one the core says that it is missing, and how to add it.
  const version = newest ?? '8';
  const source = newest === undefined ? `no ${wrapperFile}` : 'installed on this machine';
  return { from: 'toolchain', tool: { name: 'gradle', version, source } };
}

function readWrapper(text: string): { version: string; file: string; sha256: string | undefined } {
  const url = property(text, 'distributionUrl')?.replaceAll('\\', '') ?? '';
  const [file, version] =
    /(?<=\/)gradle-(\d+(?:\.\d+){1,2}(?:-rc-\d+|-milestone-\d+)?)-(?:bin|all)\.zip$/.exec(url) ?? [];
  if (file === undefined || version === undefined)
    throw new PlanRefusal('plan.refused', `${wrapperFile}: distributionUrl "${url}" names no released Gradle`, {
      hint: 'Let Gradle write it: gradle wrapper --gradle-version 8.14, or set build: { options: { gradle: toolchain } }.',
    });
  const pinned = property(text, 'distributionSha256Sum');
  if (pinned !== undefined && !/^[0-9a-fA-F]{64}$/.test(pinned))
    throw new PlanRefusal('plan.refused', `${wrapperFile}: distributionSha256Sum "${pinned}" is no SHA-256`, {
      hint: `Take the 64 digits that are published beside ${file}.`,
    });
  return { version, file, sha256: pinned?.toLowerCase() };
}

function property(text: string, name: string): string | undefined {
  return new RegExp(`^[ \\t]*${name}[ \\t]*[=:][ \\t]*(\\S+)`, 'm').exec(text)?.[1];
}

function checkRunsOn(version: string, jdk: ToolRequirement): void {
  const java = Number.parseInt(jdk.version, 10);
  const first = firstFor.find((row) => java >= row.java)?.gradle;
  if (first === undefined || compareVersions(version, first) >= 0) return;
  throw new PlanRefusal(
    'plan.refused',
    `${wrapperFile}: Gradle ${version} does not run on Java ${java} (${jdk.source})`,
    {
      hint: `Move to Gradle ${first} or later: gradle wrapper --gradle-version ${first}`,
    },
  );
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
