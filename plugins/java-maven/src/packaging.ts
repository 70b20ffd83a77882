import type { PomPlugin } from './pom.ts';

export interface Packaging {
  /** Which JAR of `target/` is the artifact. */
  include: string;
  /** Whether it holds its libraries; otherwise they are companions. */
  isFat: boolean;
}

/** What the shade or assembly plugin makes of the module's JAR. @see https://maven.apache.org/plugins/maven-shade-plugin/shade-mojo.html */
export function packagingOf(plugins: readonly PomPlugin[]): Packaging {
  const shade = plugins.find((plugin) => plugin.artifactId === 'maven-shade-plugin');
  if (shade !== undefined) {
    const attached = shade.configuration['shadedArtifactAttached']?.includes('true') === true;
    const classifier = shade.configuration['shadedClassifierName']?.[0] ?? 'shaded';
    return { include: attached ? `*-${classifier}.jar` : '*.jar', isFat: true };
  }
  const assembly = plugins.find((plugin) => plugin.artifactId === 'maven-assembly-plugin');
  if (assembly?.configuration['descriptorRef']?.includes('jar-with-dependencies') === true) {
    const appends = assembly.configuration['appendAssemblyId']?.includes('false') !== true;
    return { include: appends ? '*-jar-with-dependencies.jar' : '*.jar', isFat: true };
  }
  return { include: '*.jar', isFat: false };
}
