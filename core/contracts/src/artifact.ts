import { z } from 'zod';
import { Digest } from './common.ts';

/** One stored file of an artifact set. */
export const ArtifactFile = z.strictObject({ name: z.string(), digest: Digest, size: z.int().nonnegative() });
export type ArtifactFile = z.infer<typeof ArtifactFile>;

/** `notebooks` is a zip of notebooks in source or Jupyter format: their paths in it are those below the folder they are published to. */
export const artifactKinds = ['jar', 'wheel', 'python-script', 'notebooks'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** One primary artifact and its closed set of companions. `digest` names the set: sha256 over the canonical JSON of the rest. */
export const ArtifactSet = z.strictObject({
  digest: Digest,
  kind: z.enum(artifactKinds),
  primary: ArtifactFile,
  companions: z.array(ArtifactFile),
});
export type ArtifactSet = z.infer<typeof ArtifactSet>;

/**
 * What a plugin's `inspect` sees: entry names of the archive and the small contents the core read for it. Class files are
 * summarised by the core: parsing strangers' bytes twice in two places is one place too many.
 */
export interface ArtifactView {
  kind: ArtifactKind;
  name: string;
  size: number;
  entries: { path: string; size: number }[];
  /** Text of `META-INF/MANIFEST.MF`, `*.dist-info/METADATA`, `entry_points.txt`, `*.properties` below META-INF, notebooks: at most 64 KiB each. */
  contents: Record<string, string>;
  /** Highest class-file major version outside `META-INF/versions`, and one class that has it. */
  classFile: { major: number; example: string } | undefined;
  /** Binary names (`a.b.Main`) of classes that have `public static void main(String[])`. */
  mainClasses: string[];
  /** Scala binary version found by evidence in the archive or its companions, and that evidence. */
  scala: { version: string; evidence: string } | undefined;
  companions: { name: string; size: number }[];
}

/** What was found, checked against the runtime: kept with the artifact, shown to people, input of `task`. */
export const ArtifactManifest = z.strictObject({
  plugin: z.string(),
  kind: z.enum(artifactKinds),
  main: z.string(),
  mainCandidates: z.array(z.string()),
  scala: z.string().optional(),
  classFile: z.int().optional(),
  python: z
    .strictObject({ package: z.string(), version: z.string(), requiresPython: z.string().optional() })
    .optional(),
  /** Notebooks of the set, by their path without extension, and what each is written in. */
  notebooks: z
    .array(z.strictObject({ path: z.string(), language: z.enum(['python', 'scala', 'r', 'sql']) }))
    .optional(),
  /** The R package that the program is. */
  r: z.strictObject({ package: z.string(), version: z.string() }).optional(),
  spark: z.enum(['provided', 'bundled', 'none']),
});
export type ArtifactManifest = z.infer<typeof ArtifactManifest>;
