import { type TrustFound, verifyBundle } from '@slowlane/artifacts';
import {
  type ArtifactSet,
  type BuildPlan,
  type PlanTrust,
  SlowLaneError,
  type TrustKind,
  trustKinds,
} from '@slowlane/contracts';
import type { StageDeps } from './stage-deps.ts';

/**
 * Before anything is fetched: a bundle that nobody here can verify would be a check in name only. Throws `artifact.not-verified`.
 */
export function checkTrustMeans({ trust }: BuildPlan, { trustedRoot }: Pick<StageDeps, 'trustedRoot'>): void {
  if (trust?.sigstore === undefined || trustedRoot !== undefined) return;
  throw new SlowLaneError(
    'artifact.not-verified',
    'the project has a Sigstore bundle checked, and this installation has no root of trust to check it by',
    { hint: 'Ask the platform team to name a trusted_root.json: sigstore: { trusted_root: FILE } in slowlane.yaml.' },
  );
}

/**
 * Holds a prebuilt artifact against all that its project names, the bytes being those that were collected; gives what held, or undefined for
 * what was built here. Throws `artifact.not-verified` for what does not hold, `artifact.untrusted` for less than the policy asks.
 */
export async function checkTrust(
  deps: Pick<StageDeps, 'blobs' | 'policy' | 'trustedRoot'>,
  { plan, set, bundle }: { plan: BuildPlan; set: ArtifactSet; bundle: string | undefined },
): Promise<TrustFound | undefined> {
  if (plan.prebuilt !== true) return undefined;
  checkTrustMeans(plan, deps);
  const { sha256, openpgp, sigstore } = plan.trust ?? {};
  const { primary } = set;
  if (sha256 !== undefined && primary.digest !== `sha256:${sha256}`)
    throw new SlowLaneError(
      'artifact.not-verified',
      `${primary.name}: it is ${primary.digest}, the project pins sha256:${sha256}`,
    );
  const signer =
    sigstore === undefined
      ? undefined
      : await verifyBundle(deps.blobs, {
          file: primary,
          bundle: bundle ?? '',
          trustedRoot: deps.trustedRoot ?? '',
          claim: sigstore,
        });
  checkLeastTrust(deps, { plan, set });
  return {
    kind: kindOf(plan.trust),
    digest: primary.digest,
    ...(openpgp === undefined ? {} : { openpgp }),
    ...(signer === undefined ? {} : { sigstore: signer }),
  };
}

function checkLeastTrust(
  { policy }: Pick<StageDeps, 'policy'>,
  { plan, set }: { plan: BuildPlan; set: ArtifactSet },
): void {
  const found = kindOf(plan.trust);
  if (trustKinds.indexOf(found) <= trustKinds.indexOf(policy.prebuilt)) return;
  const { name, digest } = set.primary;
  const pin = `If these are the bytes that you want, pin them: sha256: ${digest.replace('sha256:', '')}`;
  throw new SlowLaneError(
    'artifact.untrusted',
    `${name} is ${words[found]}; the policy asks for ${words[policy.prebuilt]}`,
    {
      hint: policy.prebuilt === 'signed' ? `${pin}, or name signature or sigstore.` : pin,
      data: { found, least: policy.prebuilt, digest },
    },
  );
}

/** One line for the build's log. */
export function tellTrust({ kind, digest, openpgp, sigstore }: TrustFound): string {
  const by = [
    kind === 'pinned' ? 'the digest that the project pins' : undefined,
    openpgp === undefined ? undefined : `an OpenPGP signature by a key of ${openpgp.keys}`,
    sigstore === undefined ? undefined : `a Sigstore bundle of ${sigstore.identity} (${sigstore.issuer})`,
  ].filter((one) => one !== undefined);
  return `${digest} held against ${by.join(' and ') || 'nothing but what was served first'}`;
}

const words: Readonly<Record<TrustKind, string>> = {
  pinned: 'pinned by its digest',
  signed: 'signed',
  'first-sight': 'known by what was served first',
};

function kindOf(trust: PlanTrust | undefined): TrustKind {
  if (trust?.sha256 !== undefined) return 'pinned';
  return trust?.openpgp !== undefined || trust?.sigstore !== undefined ? 'signed' : 'first-sight';
}
