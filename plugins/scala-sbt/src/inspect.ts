import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { inspectJar } from '@slowlane/kit';

export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  return inspectJar('scala-sbt', {
    artifact,
    expectation,
    hints: {
      scala: (wanted) => `Set scalaVersion to a ${wanted} version`,
      java: (wanted) => `Compile with "-release ${wanted}"`,
      main: 'Add an object with def main(args: Array[String]).',
    },
  });
}
