import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView, Expectation, PublishedPaths, TaskSettings } from '@slowlane/contracts';

/** How an author sets these things in the build tool at hand; ends the sentence of a hint. */
export interface JarHints {
  /** `Set scalaVersion to a 2.13 version`, given the version that is wanted. */
  scala: (wanted: string) => string;
  /** `Compile with "-release 17"`, given the Java version that is wanted. */
  java: (wanted: number) => string;
  main: string;
}

/** Holds a JAR against the runtime: main class, Scala binary version, class-file version. The same for every language that makes JARs. */
export function inspectJar(
  plugin: string,
  { artifact, expectation, hints }: { artifact: ArtifactView; expectation: Expectation; hints: JarHints },
): ArtifactManifest {
  if (artifact.kind !== 'jar') throw new PlanRefusal('artifact.invalid', `${artifact.name} is no JAR`);
  checkScala(artifact, expectation, hints);
  checkClassFiles(artifact, expectation, hints);
  const main = mainClassOf(artifact, expectation, hints);
  return {
    plugin,
    kind: 'jar',
    main,
    mainCandidates: candidatesOf(artifact),
    ...(artifact.scala === undefined ? {} : { scala: artifact.scala.version }),
    ...(artifact.classFile === undefined ? {} : { classFile: artifact.classFile.major }),
    spark: hasSpark(artifact) ? 'bundled' : 'provided',
  };
}

function checkScala(artifact: ArtifactView, { runtime }: Expectation, hints: JarHints): void {
  if (artifact.scala === undefined || artifact.scala.version === runtime.scala) return;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `${artifact.name} is built for Scala ${artifact.scala.version} (${artifact.scala.evidence}), the runtime ${runtime.version} has Scala ${runtime.scala}`,
    {
      hint: `${hints.scala(runtime.scala)}, or choose a job.runtime with Scala ${artifact.scala.version}.`,
    },
  );
}

function checkClassFiles(artifact: ArtifactView, { runtime }: Expectation, hints: JarHints): void {
  if (artifact.classFile === undefined || artifact.classFile.major <= runtime.classFile) return;
  // JVMS table 4.1-A: major version 52 is Java 8, one more per release.
  const built = artifact.classFile.major - 44;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `${artifact.name}: ${artifact.classFile.example} is compiled for Java ${built} (class file ${artifact.classFile.major}), the runtime ${runtime.version} has Java ${runtime.java}`,
    { hint: `${hints.java(runtime.java)}, or choose a job.runtime with Java ${built}.` },
  );
}

function mainClassOf(artifact: ArtifactView, expectation: Expectation, hints: JarHints): string {
  const candidates = candidatesOf(artifact);
  const wanted =
    expectation.main ?? /^Main-Class:[ \t]*(\S+)/m.exec(artifact.contents['META-INF/MANIFEST.MF'] ?? '')?.[1];
  if (wanted !== undefined && artifact.mainClasses.includes(wanted)) return wanted;
  if (wanted === undefined && artifact.mainClasses.length === 1) return artifact.mainClasses[0] as string;
  const what =
    wanted !== undefined
      ? `${artifact.name} has no class ${wanted} with a main method`
      : artifact.mainClasses.length === 0
        ? `${artifact.name} has no class with a main method`
        : `${artifact.name} has ${artifact.mainClasses.length} main classes and job.main names none`;
  throw new PlanRefusal('artifact.main-class-missing', what, {
    hint: candidates.length === 0 ? hints.main : `Set job.main to one of: ${candidates.join(', ')}`,
    candidates,
  });
}

/** A JAR with its libraries in it can hold hundreds: the first of them are enough for a message. */
function candidatesOf(artifact: ArtifactView): string[] {
  return [...artifact.mainClasses].sort().slice(0, 20);
}

function hasSpark(artifact: ArtifactView): boolean {
  return (
    artifact.entries.some((entry) => entry.path === 'org/apache/spark/SparkContext.class') ||
    artifact.companions.some((companion) => companion.name.startsWith('spark-core_'))
  );
}

/** The task that runs a JAR: its companions are libraries beside it, in the order of their names. */
export function jarTask(manifest: ArtifactManifest, published: PublishedPaths): TaskSettings {
  const companions = Object.keys(published.companions)
    .sort()
    .map((name) => published.companions[name] as string);
  return {
    task: { spark_jar_task: { main_class_name: manifest.main } },
    libraries: [published.primary, ...companions].map((jar) => ({ jar })),
  };
}
