import { createHash, sign } from 'node:crypto';
import {
  authorityExtensions,
  type CertificateOrder,
  newKeyPair,
  sctExtension,
  signCertificate,
  signerExtensions,
  tbsCertificate,
} from './local-certificates.ts';

/** How a bundle differs from a right one; without any, it is right. */
export interface BundleDials {
  identity?: string;
  provider?: string;
  /** When the log took the entry; the certificate lives for ten minutes from `issuedAt`. */
  loggedAt?: Date;
  issuedAt?: Date;
  /** Leaves out what others count on. */
  without?: 'inclusion-proof' | 'inclusion-promise' | 'sct' | 'log-entry';
  /** An attestation (in-toto) about files of these digests (hex), instead of a signature of the bytes. */
  subjects?: string[];
  /** Signs these bytes; the bundle claims the artifact's digest all the same. */
  signedBytes?: Buffer;
}

export interface LocalSigstore {
  /** The text of a `trusted_root.json` for what it signs. */
  trustedRoot: string;
  /** The text of a `.sigstore.json` for these bytes. */
  bundle(artifact: Buffer, dials?: BundleDials): string;
}

interface EntryOrder {
  /** Of the artifact, or of the statement about it. */
  digest: Buffer;
  signature: Buffer;
  certificate: Buffer;
  loggedAt: Date;
  isStatement: boolean;
}

const statementType = 'application/vnd.in-toto+json';
const day = 86_400_000;
const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64');

/**
 * A whole Sigstore in memory, for tests: certificate authority, log of certificates and transparency log with keys of its own. Its bundles are
 * real ones: nothing is left out that a client may check.
 */
export function createLocalSigstore({
  identity = 'https://ci.example.org/acme/tool/release@refs/tags/v1',
  provider = 'https://id.example.org',
} = {}): LocalSigstore {
  const [ca, certificates, rekor] = [newKeyPair(), newKeyPair(), newKeyPair()];
  const start = new Date(Date.now() - 100 * day);
  const issuer = { name: 'authority.example.org', keys: ca };
  const until = new Date(start.getTime() + 1_000 * day);
  const root: CertificateOrder = { ...issuer, issuer, from: start, until, extensions: authorityExtensions(ca) };
  const rootCertificate = signCertificate(tbsCertificate(root), ca);
  const logOf = (baseUrl: string, { spki, id }: typeof rekor) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(spki),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: start.toISOString() },
    },
    logId: { keyId: base64(id) },
  });
  return {
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf('https://rekor.example.org', rekor)],
      ctlogs: [logOf('https://ct.example.org', certificates)],
      timestampAuthorities: [],
      certificateAuthorities: [
        {
          subject: { organization: 'example.org', commonName: issuer.name },
          uri: 'https://authority.example.org',
          certChain: { certificates: [{ rawBytes: base64(rootCertificate) }] },
          validFor: { start: start.toISOString() },
        },
      ],
    }),
    bundle(artifact, dials = {}) {
      const keys = newKeyPair();
      const issuedAt = dials.issuedAt ?? new Date(Date.now() - day);
      const who = { identity: dials.identity ?? identity, provider: dials.provider ?? provider };
      const extensions = signerExtensions(ca, who);
      const order = {
        name: 'signer',
        issuer,
        keys,
        from: issuedAt,
        until: new Date(issuedAt.getTime() + 600_000),
        extensions,
      };
      const sct = sctExtension(tbsCertificate(order), { log: certificates, issuer: ca, at: issuedAt });
      const whole = dials.without === 'sct' ? order : { ...order, extensions: [...extensions, sct] };
      const certificate = signCertificate(tbsCertificate(whole), ca);
      const statement = dials.subjects === undefined ? undefined : statementOf(dials.subjects);
      const signed = statement === undefined ? (dials.signedBytes ?? artifact) : preAuthentication(statement);
      const signature = sign('sha256', signed, keys.privateKey);
      const loggedAt = dials.loggedAt ?? new Date(issuedAt.getTime() + 60_000);
      const entry = logEntry({
        digest: sha256(statement ?? artifact),
        signature,
        certificate,
        loggedAt,
        isStatement: statement !== undefined,
      });
      return JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes: base64(certificate) },
          tlogEntries: dials.without === 'log-entry' ? [] : [without(entry, dials.without)],
        },
        ...(statement === undefined
          ? {
              messageSignature: {
                messageDigest: { algorithm: 'SHA2_256', digest: base64(sha256(artifact)) },
                signature: base64(signature),
              },
            }
          : {
              dsseEnvelope: {
                payload: base64(statement),
                payloadType: statementType,
                signatures: [{ sig: base64(signature), keyid: '' }],
              },
            }),
      });
    },
  };

  /** The second of two entries, so that the proof has a step. */
  function logEntry({ digest, signature, certificate, loggedAt, isStatement }: EntryOrder) {
    const pem = `-----BEGIN CERTIFICATE-----\n${base64(certificate).replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
    const hash = { algorithm: 'sha256', value: digest.toString('hex') };
    const kind = isStatement ? 'dsse' : 'hashedrekord';
    const spec = isStatement
      ? { payloadHash: hash, signatures: [{ signature: base64(signature), verifier: base64(pem) }] }
      : { data: { hash }, signature: { content: base64(signature), publicKey: { content: base64(pem) } } };
    const body = JSON.stringify({ apiVersion: '0.0.1', kind, spec });
    const integratedTime = Math.floor(loggedAt.getTime() / 1_000);
    // Keys in the order of canonical JSON.
    const promised = JSON.stringify({
      body: base64(body),
      integratedTime,
      logID: rekor.id.toString('hex'),
      logIndex: 1,
    });
    const [leaf, earlier] = [
      sha256(Buffer.from([0]), Buffer.from(body)),
      sha256(Buffer.from([0]), Buffer.from('earlier')),
    ];
    const rootHash = sha256(Buffer.from([1]), earlier, leaf);
    const note = `rekor.example.org\n2\n${base64(rootHash)}\n`;
    const mark = Buffer.concat([rekor.id.subarray(0, 4), sign('sha256', Buffer.from(note), rekor.privateKey)]);
    return {
      logIndex: '1',
      logId: { keyId: base64(rekor.id) },
      kindVersion: { kind, version: '0.0.1' },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: base64(sign('sha256', Buffer.from(promised), rekor.privateKey)) },
      inclusionProof: {
        logIndex: '1',
        rootHash: base64(rootHash),
        treeSize: '2',
        hashes: [base64(earlier)],
        checkpoint: { envelope: `${note}\n\u2014 rekor.example.org ${base64(mark)}\n` },
      },
      canonicalizedBody: base64(body),
    };
  }
}

function without(entry: object, part: BundleDials['without']): object {
  const key =
    part === 'inclusion-proof' ? 'inclusionProof' : part === 'inclusion-promise' ? 'inclusionPromise' : undefined;
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key));
}

function statementOf(subjects: string[]): Buffer {
  const subject = subjects.map((digest, index) => ({ name: `file${index}`, digest: { sha256: digest } }));
  const [_type, predicateType] = ['https://in-toto.io/Statement/v1', 'https://slsa.dev/provenance/v1'];
  return Buffer.from(JSON.stringify({ _type, subject, predicateType, predicate: {} }));
}

/** What DSSE signs. */
function preAuthentication(statement: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${statementType.length} ${statementType} ${statement.length} `),
    statement,
  ]);
}
