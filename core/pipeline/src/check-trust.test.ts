import { putBytes } from '@slowlane/artifacts';
import { BuildPlan, type PlanTrust, Policy, type SlowLaneError, type TrustKind } from '@slowlane/contracts';
import { createLocalSigstore, createMemoryBlobStore } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { checkTrust, checkTrustMeans, tellTrust } from './check-trust.ts';

const identity = 'https://ci.example.org/acme/tool/release@refs/tags/v1';
const issuer = 'https://id.example.org';
const local = createLocalSigstore({ identity, provider: issuer });
const jar = Buffer.from('a JAR');
const blobs = createMemoryBlobStore();
const { digest, size } = await putBytes(blobs, jar);
const sha256 = digest.replace('sha256:', '');
const set = { kind: 'jar' as const, digest, primary: { name: 'tool.jar', digest, size }, companions: [] };
const sigstore = { bundle: 'out/trust/jar.sigstore.json', identity, issuer };
const openpgp = { keys: 'keys/acme.asc' };

describe('checkTrust', () => {
  it.each<[string, PlanTrust | undefined, TrustKind, TrustKind[]]>([
    ['a pinned digest', { sha256 }, 'pinned', ['pinned', 'signed', 'first-sight']],
    ['a pinned digest besides a signature', { sha256, openpgp }, 'pinned', ['pinned', 'signed', 'first-sight']],
    ['an OpenPGP signature', { openpgp }, 'signed', ['signed', 'first-sight']],
    ['a Sigstore bundle', { sigstore }, 'signed', ['signed', 'first-sight']],
    ['nothing', undefined, 'first-sight', ['first-sight']],
  ])('holds %s against the least trust of the zone', async (_, trust, kind, enough) => {
    for (const least of ['pinned', 'signed', 'first-sight'] as const) {
      const judged = check(trust, { least, bundle: local.bundle(jar) });
      if (enough.includes(least)) expect(await judged).toMatchObject({ kind, digest });
      else await expect(judged).rejects.toMatchObject({ code: 'artifact.untrusted' });
    }
  });

  it('tells how to come to the trust that is asked for', async () => {
    const failure = (await check(undefined, { least: 'signed' }).catch((error: unknown) => error)) as SlowLaneError;
    expect(failure.message).toBe('tool.jar is known by what was served first; the policy asks for signed');
    expect(failure.hint).toContain(`sha256: ${sha256}`);
    expect(failure.hint).toContain('signature or sigstore');
    expect(failure.data).toEqual({ found: 'first-sight', least: 'signed', digest });
  });

  it('does not take the word of a sandbox for a digest', async () => {
    await expect(check({ sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'artifact.not-verified',
      message: expect.stringContaining(`it is ${digest}, the project pins sha256:0000`),
    });
  });

  it('gives who signed, for the provenance and the log', async () => {
    const found = await check({ sha256, openpgp, sigstore }, { bundle: local.bundle(jar) });
    expect(found).toEqual({ kind: 'pinned', digest, openpgp, sigstore: { identity, issuer } });
    expect(tellTrust(found!)).toBe(
      `${digest} held against the digest that the project pins and an OpenPGP signature by a key of keys/acme.asc and a Sigstore bundle of ${identity} (${issuer})`,
    );
  });

  it('refuses a bundle that does not hold, however well the JAR is pinned', async () => {
    const bundle = local.bundle(jar, { identity: 'https://ci.example.org/mallory' });
    await expect(check({ sha256, sigstore }, { bundle })).rejects.toMatchObject({ code: 'artifact.not-verified' });
    await expect(check({ sha256, sigstore })).rejects.toThrow(/is no Sigstore bundle/);
  });

  it('leaves alone what was built here', async () => {
    const plan = BuildPlan.parse({ ...planOf(undefined), prebuilt: undefined });
    const deps = { blobs, policy: Policy.parse({ prebuilt: 'pinned' }) };
    expect(await checkTrust(deps, { plan, set, bundle: undefined })).toBeUndefined();
  });
});

describe('checkTrustMeans', () => {
  it('refuses a project with a bundle where the operator named no root of trust, before anything is fetched', () => {
    expect(() => checkTrustMeans(planOf({ sigstore }), {})).toThrow(/no root of trust/);
    expect(() => checkTrustMeans(planOf({ sigstore }), { trustedRoot: local.trustedRoot })).not.toThrow();
    expect(() => checkTrustMeans(planOf({ sha256 }), {})).not.toThrow();
  });
});

function check(
  trust: PlanTrust | undefined,
  { least = 'first-sight', bundle }: { least?: TrustKind; bundle?: string } = {},
) {
  const deps = { blobs, policy: Policy.parse({ prebuilt: least }), trustedRoot: local.trustedRoot };
  return checkTrust(deps, { plan: planOf(trust), set, bundle });
}

function planOf(trust: PlanTrust | undefined): BuildPlan {
  return BuildPlan.parse({
    plugin: 'jar',
    prebuilt: true,
    ...(trust === undefined ? {} : { trust }),
    tools: [],
    steps: [{ name: 'take', phase: 'build', argv: ['true'] }],
    dependencyFiles: [],
    registries: [],
    output: { kind: 'jar', primary: { include: ['out/jar/*.jar'] } },
  });
}
