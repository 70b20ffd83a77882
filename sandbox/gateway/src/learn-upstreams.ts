import { learnGradle } from './learn-gradle.ts';
import { learnMaven } from './learn-maven.ts';
import { learnPypi } from './learn-pypi.ts';

/** Where the tools are whose configuration is read. What is `undefined` or not there is skipped. */
export interface ToolPlaces {
  /** A python3 with pip. */
  python?: string | undefined;
  /** settings.xml files, the most specific first (user, then installation). */
  mavenSettings?: readonly string[];
  /** Maven installations: folders with `lib/maven-model-builder*.jar`. */
  mavenHomes?: readonly string[];
  /** sbt-launch.jar. */
  sbtLauncher?: string | undefined;
  /** Gradle installations: folders with `lib/gradle-*.jar`. */
  gradleHomes?: readonly string[];
}

/** One address, and in words where it was read. */
export interface Learned {
  url: string;
  from: string;
}

/** Base URLs, and in words where each was read. */
export interface LearnedUpstreams {
  maven: string | undefined;
  pypi: string | undefined;
  /** Distributions, and the plugin portal. */
  gradleDist: string | undefined;
  gradlePlugins: string | undefined;
  learnedFrom: Record<string, string>;
}

/**
 * Reads the addresses of the registries from the tools' own configuration, so that a company's mirror is used wherever the tools use
 * it, and no address is written down in this repository.
 */
export async function learnUpstreams(places: ToolPlaces): Promise<LearnedUpstreams> {
  const [maven, pypi, gradle] = await Promise.all([
    learnMaven(places),
    learnPypi(places.python),
    learnGradle(places.gradleHomes ?? []),
  ]);
  return {
    maven: maven?.url,
    pypi: pypi?.url,
    gradleDist: gradle.dist?.url,
    gradlePlugins: gradle.plugins?.url,
    learnedFrom: {
      ...(maven === undefined ? {} : { maven: maven.from }),
      ...(pypi === undefined ? {} : { pypi: pypi.from }),
      ...(gradle.dist === undefined ? {} : { 'gradle-dist': gradle.dist.from }),
      ...(gradle.plugins === undefined ? {} : { 'gradle-plugins': gradle.plugins.from }),
    },
  };
}
