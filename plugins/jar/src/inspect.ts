import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { inspectJar } from '@slowlane/kit';

export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  return inspectJar('jar', {
    artifact,
    expectation,
    hints: {
      scala: (wanted) => `Name the _${wanted} artifact`,
      java: (wanted) => `Name a version that is built for Java ${wanted}`,
      main: 'Name the JAR of a program: a library alone cannot be run.',
    },
  });
}
