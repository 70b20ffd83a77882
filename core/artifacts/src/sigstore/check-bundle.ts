import { type Bundle, bundleFromJSON, ValidationError } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import type { Digest } from '@slowlane/contracts';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** What a bundle must prove, and about which bytes. */
export interface BundleClaim {
  /** Subject alternative name of the certificate, word for word; or the beginning of one, with `/*` at its end. */
  identity: string;
  /** Address of the identity provider, word for word. */
  issuer: string;
}

export interface BundleProof {
  /** As in the certificate. */
  identity: string;
  issuer: string;
}

export type BundleVerdict = { ok: true; proof: BundleProof } | { ok: false; why: string };

/** Logs that a bundle may name: real ones name one or two, and each costs a check of signatures. */
const maxLogEntries = 8;
const noProof = 'has no inclusion proof of the transparency log';

/**
 * Holds a Sigstore bundle against the bytes it stands beside: certificate chain and its time, entry of the transparency log with its proof,
 * signature, and then who signed. `digest` is that of the bytes. Never throws for what the bundle holds; `trustedRoot` has been read by `checkTrustedRoot`.
 * @see https://docs.sigstore.dev/about/bundle/
 */
export function checkBundle(
  artifact: Buffer,
  { digest, bundle, trustedRoot, claim }: { digest: Digest; bundle: string; trustedRoot: string; claim: BundleClaim },
): BundleVerdict {
  const read = readBundle(bundle);
  if (typeof read === 'string') return refused(read);
  const unfit = unfitFor(read, digest);
  if (unfit !== undefined) return refused(unfit);
  try {
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustedRoot))));
    const { identity } = verifier.verify(toSignedEntity(read, artifact));
    return judge(
      { identity: identity?.subjectAlternativeName ?? '', issuer: identity?.extensions?.issuer ?? '' },
      claim,
    );
  } catch (error) {
    return refused(`does not hold: ${deepest(error)}`);
  }
}

/** The bundle, or why it is none. */
function readBundle(text: string): Bundle | string {
  try {
    return bundleFromJSON(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof ValidationError)) return 'is no Sigstore bundle';
    if (error.fields.some((field) => field.includes('inclusionProof'))) return noProof;
    return `is no Sigstore bundle: ${error.fields.slice(0, 5).join(', ')}`.slice(0, 300);
  }
}

/** What the library would take, or would refuse in words of its own. */
function unfitFor({ content, verificationMaterial }: Bundle, digest: Digest): string | undefined {
  if (verificationMaterial.content.$case === 'publicKey')
    return 'is signed by a bare key; a certificate with an identity is wanted';
  const { tlogEntries } = verificationMaterial;
  if (tlogEntries.length > maxLogEntries) return `names ${tlogEntries.length} log entries, more than ${maxLogEntries}`;
  // An inclusion promise alone is the log's word; the proof is what anybody can check.
  if (tlogEntries.length === 0 || tlogEntries.some((entry) => entry.inclusionProof === undefined)) return noProof;
  const named =
    content.$case === 'messageSignature'
      ? [content.messageSignature.messageDigest.digest.toString('hex')]
      : subjectsOf(content.dsseEnvelope);
  if (named.includes(digest.replace('sha256:', ''))) return undefined;
  return `is about other bytes: the JAR is ${digest}, it names ${named.slice(0, 3).join(', ') || 'none'}`;
}

/** An attestation signs a statement; the bytes are its subjects. */
function subjectsOf({ payload, payloadType }: { payload: Buffer; payloadType: string }): string[] {
  if (payloadType !== 'application/vnd.in-toto+json') return [];
  try {
    const { subject } = JSON.parse(payload.toString('utf8')) as { subject?: { digest?: { sha256?: string } }[] };
    return (subject ?? []).flatMap((one) => (typeof one.digest?.sha256 === 'string' ? [one.digest.sha256] : []));
  } catch {
    return [];
  }
}

function judge(found: BundleProof, claim: BundleClaim): BundleVerdict {
  if (!isIdentity(found.identity, claim.identity))
    return refused(
      `is signed by ${JSON.stringify(found.identity)}, the project wants ${JSON.stringify(claim.identity)}`,
    );
  if (found.issuer !== claim.issuer)
    return refused(
      `has an identity of the provider ${JSON.stringify(found.issuer)}, the project wants ${JSON.stringify(claim.issuer)}`,
    );
  return { ok: true, proof: found };
}

function isIdentity(found: string, wanted: string): boolean {
  return wanted.endsWith('/*') ? found.startsWith(wanted.slice(0, -1)) : found === wanted;
}

function refused(why: string): BundleVerdict {
  return { ok: false, why };
}

/** The library wraps what went wrong; the innermost says it. */
function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 300);
  if (error.cause instanceof Error) return `${error.message}: ${deepest(error.cause)}`.slice(0, 300);
  return error.message.slice(0, 300);
}
