/** Public door of core/artifacts: bytes by digest, build results by content key, artifact sets and their provenance. */
export { createFolderBlobStore } from './folder-blob-store.ts';
export { digestOf, putBytes, putJson, readBlob, readJsonBlob } from './blob-bytes.ts';
export { createFolderBuildCache } from './folder-build-cache.ts';
export { artifactSetOf } from './artifact-set.ts';
export { contentKey, type ContentKeyInputs } from './content-key.ts';
export { keyIdOf, loadOrCreateSigningKey, type SigningKey } from './signing-key.ts';
export { signProvenance, type ProvenanceInputs, type TrustFound } from './provenance.ts';
export { verifyProvenance } from './verify-provenance.ts';
export { sbomOf } from './sbom.ts';
export type { SbomInputs } from './write-sbom.ts';
export { checkTrustedRoot } from './sigstore/check-trusted-root.ts';
export { maxBundleBytes, verifyBundle } from './sigstore/verify-bundle.ts';
export { verifyBuild } from './verify-build.ts';
export { DsseEnvelope, ProvenanceStatement } from './schema.ts';
