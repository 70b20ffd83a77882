import { createHash } from 'node:crypto';
import { type BlobStore } from '@slowlane/contracts';
import { type BundleDials, createLocalSigstore, createMemoryBlobStore } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { putBytes } from '../blob-bytes.ts';
import { checkTrustedRoot } from './check-trusted-root.ts';
import { verifyBundle } from './verify-bundle.ts';

const identity = 'https://ci.example.org/acme/tool/release@refs/tags/v1';
const issuer = 'https://id.example.org';
const sigstore = createLocalSigstore({ identity, provider: issuer });
const jar = Buffer.from('the bytes of a JAR');

describe('verifyBundle', () => {
  it('takes the bundle of the right signer, and says who it is', async () => {
    expect(await verify(sigstore.bundle(jar))).toEqual({ identity, issuer });
  });

  it('takes an identity whose beginning is the wanted one, where that is asked for', async () => {
    const wanted = 'https://ci.example.org/acme/tool/release@refs/tags/*';
    expect(await verify(sigstore.bundle(jar), { identity: wanted })).toMatchObject({ identity });
    const other = sigstore.bundle(jar, { identity: 'https://ci.example.org/acme/tool/release@refs/heads/main' });
    await expect(verify(other, { identity: wanted })).rejects.toThrow(/is signed by .*heads\/main/);
  });

  const day = 86_400_000;
  it.each<[string, BundleDials, RegExp]>([
    ['another identity', { identity: `${identity}0` }, /is signed by "\S+v10", the project wants/],
    ['a dot that stands for any letter', { identity: identity.replace('ci.', 'cix') }, /is signed by/],
    [
      'another provider',
      { provider: 'https://id.example.com' },
      /provider "https:\/\/id\.example\.com", the project wants/,
    ],
    ['an entry after the certificate ended', { loggedAt: new Date() }, /not valid or expired/],
    ['an entry before the certificate began', { loggedAt: new Date(Date.now() - 2 * day) }, /not valid or expired/],
    ['no entry of the log', { without: 'log-entry' }, /has no inclusion proof/],
    ['no inclusion proof', { without: 'inclusion-proof' }, /has no inclusion proof/],
    ['no time that anybody vouches for', { without: 'inclusion-promise' }, /expected 1 timestamps, got 0/],
    ['a certificate that no log has seen', { without: 'sct' }, /expected 1 SCTs, got 0/],
    ['a signature of other bytes', { signedBytes: Buffer.from('other') }, /signature verification failed/],
  ])('refuses %s', async (_, dials, why) => {
    await expect(verify(sigstore.bundle(jar, dials))).rejects.toMatchObject({
      code: 'artifact.not-verified',
      message: expect.stringMatching(why),
    });
  });

  it('refuses a bundle of other bytes', async () => {
    const [other, right] = [sigstore.bundle(Buffer.from('other')), sigstore.bundle(jar)];
    await expect(verify(other)).rejects.toThrow(
      /is about other bytes: the JAR is sha256:[0-9a-f]{64}, it names [0-9a-f]{64}/,
    );
    const lying = { ...JSON.parse(other), messageSignature: JSON.parse(right).messageSignature };
    await expect(verify(JSON.stringify(lying))).rejects.toThrow(/does not hold/);
  });

  it('takes an attestation that has the JAR among its subjects, and no other', async () => {
    const digest = createHash('sha256').update(jar).digest('hex');
    const other = 'f'.repeat(64);
    expect(await verify(sigstore.bundle(jar, { subjects: [other, digest] }))).toEqual({ identity, issuer });
    await expect(verify(sigstore.bundle(jar, { subjects: [other] }))).rejects.toThrow(
      /about other bytes: .* it names f{64}/,
    );
    const changed = JSON.parse(sigstore.bundle(jar, { subjects: [other] }));
    const { payload } = JSON.parse(sigstore.bundle(jar, { subjects: [digest] })).dsseEnvelope;
    changed.dsseEnvelope.payload = payload;
    await expect(verify(JSON.stringify(changed))).rejects.toThrow(/does not hold/);
  });

  it('refuses what another Sigstore signed', async () => {
    const stranger = createLocalSigstore({ identity, provider: issuer });
    await expect(verify(stranger.bundle(jar))).rejects.toThrow(/does not hold: /);
  });

  it.each([
    ['nonsense', 'x{'],
    ['JSON that is none', '{"mediaType": 7, "verificationMaterial": []}'],
    ['JSON deeper than any stack', '['.repeat(200_000)],
  ])('refuses %s', async (_, bundle) => {
    await expect(verify(bundle)).rejects.toThrow(/is no Sigstore bundle/);
  });

  it('does not even read a huge one', async () => {
    await expect(verify(' '.repeat(300_000))).rejects.toThrow(/has more than 262144 bytes/);
  });

  it('refuses a flood of log entries', async () => {
    const bundle = JSON.parse(sigstore.bundle(jar));
    bundle.verificationMaterial.tlogEntries = Array(20).fill(bundle.verificationMaterial.tlogEntries[0]);
    await expect(verify(JSON.stringify(bundle))).rejects.toThrow(/names 20 log entries/);
  });
});

describe('checkTrustedRoot', () => {
  it('knows a root from what is none', () => {
    expect(checkTrustedRoot(sigstore.trustedRoot)).toBeUndefined();
    expect(checkTrustedRoot('{}')).toBe('it names no certificate authority');
    expect(checkTrustedRoot('x')).toMatch(/JSON/);
    expect(checkTrustedRoot(JSON.stringify({ ...JSON.parse(sigstore.trustedRoot), tlogs: [] }))).toMatch(
      /transparency/,
    );
  });
});

async function verify(bundle: string, claim: { identity?: string } = {}) {
  const blobs: BlobStore = createMemoryBlobStore();
  const { digest, size } = await putBytes(blobs, jar);
  return verifyBundle(blobs, {
    file: { name: 'tool.jar', digest, size },
    bundle,
    trustedRoot: sigstore.trustedRoot,
    claim: { identity, issuer, ...claim },
  });
}
