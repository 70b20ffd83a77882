import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';

/** Holds a JAR against the runtime: main class, Scala binary version, class-file version. */
export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  if (artifact.kind !== 'jar') throw new PlanRefusal('artifact.invalid', `${artifact.name} is no JAR`);
  checkScala(artifact, expectation);
  checkClassFiles(artifact, expectation);
  const main = mainClassOf(artifact, expectation);
  return {
    plugin: 'scala-sbt',
    kind: 'jar',
    main,
    mainCandidates: candidatesOf(artifact),
    ...(artifact.scala === undefined ? {} : { scala: artifact.scala.version }),
    ...(artifact.classFile === undefined ? {} : { classFile: artifact.classFile.major }),
    spark: hasSpark(artifact) ? 'bundled' : 'provided',
  };
}

function checkScala(artifact: ArtifactView, { runtime }: Expectation): void {
  if (artifact.scala === undefined || artifact.scala.version === runtime.scala) return;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `${artifact.name} is built for Scala ${artifact.scala.version} (${artifact.scala.evidence}), the runtime ${runtime.version} has Scala ${runtime.scala}`,
    {
      hint: `Set scalaVersion to a ${runtime.scala} version, or choose a job.runtime with Scala ${artifact.scala.version}.`,
    },
  );
}

function checkClassFiles(artifact: ArtifactView, { runtime }: Expectation): void {
  if (artifact.classFile === undefined || artifact.classFile.major <= runtime.classFile) return;
  // JVMS table 4.1-A: major version 52 is Java 8, one more per release.
  const built = artifact.classFile.major - 44;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `${artifact.name}: ${artifact.classFile.example} is compiled for Java ${built} (class file ${artifact.classFile.major}), the runtime ${runtime.version} has Java ${runtime.java}`,
    { hint: `Compile with "-release ${runtime.java}", or choose a job.runtime with Java ${built}.` },
  );
}

function mainClassOf(artifact: ArtifactView, expectation: Expectation): string {
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
    hint:
      candidates.length === 0
        ? 'Add an object with def main(args: Array[String]).'
        : `Set job.main to one of: ${candidates.join(', ')}`,
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
