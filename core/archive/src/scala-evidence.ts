import type { ArtifactView } from '@slowlane/contracts';

type ScalaFound = ArtifactView['scala'];

/** What can be said about Scala, the surest evidence first. */
export interface ScalaClues {
  /** Name of the artifact and of its companions. */
  fileNames: readonly string[];
  /** Text of the `library.properties` that scala-library carries, when it is bundled. */
  libraryProperties: string | undefined;
  /** A `.tasty` file: only Scala 3 writes them. */
  tasty: string | undefined;
  /** Paths of `META-INF/maven/<group>/<artifact>/pom.properties` of the project. */
  mavenPaths: readonly string[];
  /** A class of the project that names a library class found in one binary version only. */
  reference: { version: string; className: string; names: string } | undefined;
}

/**
 * Scala binary version (`2.12`, `2.13`, `3`) and the evidence for it. Scala 2 binary versions do not mix, so a library of another
 * version than the runtime's is a failed run: better found here.
 */
export function scalaEvidence(clues: ScalaClues): ScalaFound {
  return (
    fromLibraryProperties(clues.libraryProperties) ??
    fromTasty(clues.tasty) ??
    fromLibraryName(clues.fileNames) ??
    fromSuffix(clues.fileNames) ??
    fromMavenPath(clues.mavenPaths) ??
    fromReference(clues.reference)
  );
}

function fromLibraryProperties(text: string | undefined): ScalaFound {
  const full = /^\s*version\.number\s*=\s*(\d+\.\d+)/m.exec(text ?? '')?.[1];
  return full === undefined
    ? undefined
    : { version: binary(full), evidence: `library.properties: version.number=${full}` };
}

function fromTasty(path: string | undefined): ScalaFound {
  return path === undefined ? undefined : { version: '3', evidence: path };
}

function fromLibraryName(names: readonly string[]): ScalaFound {
  for (const name of names) {
    const full = /^scala3?-library(?:_3)?-(\d+\.\d+)/.exec(name)?.[1];
    if (full !== undefined && !name.startsWith('scala3-')) return { version: binary(full), evidence: name };
    if (name.startsWith('scala3-library_3-')) return { version: '3', evidence: name };
  }
  return undefined;
}

function fromSuffix(names: readonly string[]): ScalaFound {
  for (const name of names) {
    const version = /_(2\.1[0-9]|3)(?=[-.])/.exec(name)?.[1];
    if (version !== undefined) return { version, evidence: name };
  }
  return undefined;
}

function fromMavenPath(paths: readonly string[]): ScalaFound {
  for (const path of paths) {
    const version = /_(2\.1[0-9]|3)\/pom\.properties$/.exec(path)?.[1];
    if (version !== undefined) return { version, evidence: path };
  }
  return undefined;
}

function fromReference(reference: ScalaClues['reference']): ScalaFound {
  if (reference === undefined) return undefined;
  return { version: reference.version, evidence: `class ${reference.className} uses ${reference.names}` };
}

function binary(full: string): string {
  return full.startsWith('3') ? '3' : full;
}

/** Library classes that one Scala 2 binary version has and the other has not. */
const marks: readonly { version: string; names: string }[] = [
  { version: '2.12', names: 'scala/collection/generic/CanBuildFrom' },
  { version: '2.12', names: 'scala/collection/mutable/WrappedArray' },
  { version: '2.12', names: 'scala/collection/TraversableOnce' },
  { version: '2.13', names: 'scala/collection/IterableOnce' },
  { version: '2.13', names: 'scala/collection/immutable/ArraySeq' },
];

/** The mark that a class file carries, if any. */
export function scalaMark(classBytes: Buffer): { version: string; names: string } | undefined {
  if (!classBytes.includes('scala/')) return undefined;
  return marks.find((mark) => classBytes.includes(mark.names));
}
