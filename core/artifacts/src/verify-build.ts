import { createHash, type KeyObject } from 'node:crypto';
import { type ArtifactSet, type BlobStore, type BuildVerification, Digest, failureOf } from '@slowlane/contracts';
import { readJsonBlob } from './blob-bytes.ts';
import { type ProvenanceStatement } from './schema.ts';
import { keyIdOf } from './signing-key.ts';
import { verifyProvenance } from './verify-provenance.ts';

export interface VerifyBuild {
  set: ArtifactSet;
  /** Blob: DSSE envelope. */
  provenance: Digest;
  publicKey: KeyObject;
  blobs: BlobStore;
}

/**
 * Reads everything that was kept of a build again: the signature over the provenance, every file of the artifact set, and what the provenance
 * names beside them (log, bill of materials, test report). Does not throw for what is wrong: each check says so.
 */
export async function verifyBuild(build: VerifyBuild): Promise<BuildVerification> {
  const { set, publicKey, blobs } = build;
  const signed = await readStatement(build);
  const wanted = [
    ...[set.primary, ...set.companions].map(({ name, digest }) => ({ name, digest })),
    ...('statement' in signed ? byproductsOf(signed.statement) : []),
  ];
  const files = await Promise.all(wanted.map(({ name, digest }) => checkBlob(blobs, name, digest)));
  const checks = [
    { name: 'provenance', digest: build.provenance, ...('problem' in signed ? { problem: signed.problem } : {}) },
    ...files,
  ];
  return {
    artifact: set.digest,
    key: keyIdOf(publicKey),
    ok: checks.every(({ problem }) => problem === undefined),
    checks,
  };
}

async function readStatement({
  set,
  provenance,
  publicKey,
  blobs,
}: VerifyBuild): Promise<{ statement: ProvenanceStatement } | { problem: string }> {
  try {
    const { problem } = await checkBlob(blobs, 'provenance', provenance);
    if (problem !== undefined) return { problem };
    return { statement: verifyProvenance(await readJsonBlob(blobs, provenance), publicKey, set) };
  } catch (error) {
    return { problem: failureOf(error).message };
  }
}

function byproductsOf({ predicate }: ProvenanceStatement): { name: string; digest: Digest }[] {
  const details = predicate['runDetails'] as
    { byproducts?: { name: string; digest: { sha256: string } }[] } | undefined;
  return (details?.byproducts ?? []).map(({ name, digest }) => ({
    name,
    digest: Digest.parse(`sha256:${digest.sha256}`),
  }));
}

async function checkBlob(
  blobs: BlobStore,
  name: string,
  digest: Digest,
): Promise<{ name: string; digest: Digest; problem?: string }> {
  if (!(await blobs.has(digest))) return { name, digest, problem: 'it is not in the store any more' };
  try {
    const hash = createHash('sha256');
    const { stream } = await blobs.open(digest);
    for await (const bytes of stream) hash.update(bytes as Buffer);
    const found = `sha256:${hash.digest('hex')}`;
    return found === digest ? { name, digest } : { name, digest, problem: `its bytes are those of ${found}` };
  } catch (error) {
    return { name, digest, problem: failureOf(error).message };
  }
}
