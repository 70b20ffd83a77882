import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { inspectJar } from '@slowlane/kit';

export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  return inspectJar('java-gradle', {
    artifact,
    expectation,
    hints: {
      scala: (wanted) => `Use the _${wanted} artifacts of Scala libraries`,
      java: (wanted) => `Compile with options.release = ${wanted}`,
      main: 'Add a class with public static void main(String[] args).',
    },
  });
}
