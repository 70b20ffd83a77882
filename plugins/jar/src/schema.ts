import { z } from 'zod';

const part = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const Coordinates = z
  .string()
  .regex(
    new RegExp(`^${part}:${part}:(?!LATEST(?::|$)|RELEASE(?::|$))${part}(:${part})?$`),
    'group:artifact:version or group:artifact:version:classifier, with a version of its own',
  );

/** One prebuilt JAR: `artifact.yaml` of a project, or `build.options` of its pipeline file. */
export const Artifact = z.strictObject({
  /** In a repository of Maven layout; a SNAPSHOT becomes the newest of its timestamps. */
  maven: Coordinates.optional(),
  /** Name of that repository among the gateway's registries; default: maven. */
  repository: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'the name of a registry')
    .optional(),
  /** `runtime`: what its POM asks for at run time (the default); a list: these and nothing else. */
  companions: z.union([z.literal('runtime'), z.array(Coordinates).max(200)]).optional(),
  url: z.string().max(1_000).optional(),
  /** A file of a release. */
  github: z
    .strictObject({
      repo: z.string().regex(/^[A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}$/, 'owner/name'),
      tag: z.string().regex(/^[A-Za-z0-9_.+~-]{1,100}(\/[A-Za-z0-9_.+~-]{1,100}){0,5}$/, 'the tag of a release'),
      asset: z.string().regex(/^[A-Za-z0-9_.+~-]{1,200}\.jar$/, 'the name of a .jar'),
    })
    .optional(),
  /** Of the JAR, in hex. */
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, '64 hex digits')
    .optional(),
  /** A detached OpenPGP signature (`.asc`) lies beside the JAR; it must be of one of the public keys in this file of the project. */
  signature: z
    .strictObject({
      keys: z
        .string()
        .regex(/^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_./-]{0,199}\.(?:asc|gpg)$/, 'a file of the project: keys/acme.asc'),
    })
    .optional(),
  /** A Sigstore bundle lies beside the JAR; whoever signed must be this one. Held against the operator's root of trust, outside of the sandbox. */
  sigstore: z
    .strictObject({
      /** As in the certificate: a mail address, or the address of a workflow; that one may end in `/*`. */
      identity: z
        .string()
        .max(1_000)
        .regex(
          /^(?:https:\/\/[^\s*/]+\/[^\s*]+?(?:\/\*)?|[^\s*:/]+@[^\s*:/]+)$/,
          'a mail address, or https://host/path, which may end in /*',
        ),
      /** The provider of the identity, word for word. */
      issuer: z
        .string()
        .max(1_000)
        .regex(/^https:\/\/\S+$/, 'https://host'),
      /** Name of the file beside the JAR; default: that of the JAR with `.sigstore.json` behind it. */
      bundle: z
        .string()
        .regex(/^[A-Za-z0-9_+~-][A-Za-z0-9_.+~-]{0,199}$/, 'the name of a file beside the JAR')
        .optional(),
    })
    .optional(),
});
export type Artifact = z.infer<typeof Artifact>;

export const configSchema = z.toJSONSchema(Artifact) as Record<string, unknown>;
