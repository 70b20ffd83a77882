import { ArtifactSet, Digest } from '@slowlane/contracts';
import { z } from 'zod';

/** What a file of the build cache holds: `CachedBuild` of the port, read back from disk. */
export const CachedBuildRecord = z.strictObject({
  buildId: z.string(),
  set: ArtifactSet,
  manifest: Digest,
  provenance: Digest,
  log: Digest,
  sbom: Digest.optional(),
  report: Digest.optional(),
  plugin: z.string(),
});

/** @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export const DsseEnvelope = z.strictObject({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.base64() })).min(1),
});
export type DsseEnvelope = z.infer<typeof DsseEnvelope>;

/** @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const ProvenanceStatement = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.record(z.string(), z.unknown()),
});
export type ProvenanceStatement = z.infer<typeof ProvenanceStatement>;
