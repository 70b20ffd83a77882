import type {
  ArtifactFile,
  ArtifactSet,
  BuildPlan,
  DependencyUse,
  Digest,
  ServedFile,
  TrustKind,
} from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { sealEnvelope } from './dsse.ts';
import type { DsseEnvelope, ProvenanceStatement } from './schema.ts';
import type { SigningKey } from './signing-key.ts';

/** What a prebuilt artifact was held against, and did: the strongest names the kind. */
export interface TrustFound {
  kind: TrustKind;
  digest: Digest;
  /** File of the project with the public keys. */
  openpgp?: { keys: string };
  /** As in the certificate of the one who signed. */
  sigstore?: { identity: string; issuer: string };
}

/** What went into an artifact set, as the control plane saw it. */
export interface ProvenanceInputs {
  set: ArtifactSet;
  buildId: string;
  correlationId: string;
  pipeline: string;
  source: {
    kind: 'mirror' | 'git' | 'archive';
    url?: string;
    ref?: string;
    commit?: string;
    /** Project folder inside the source. */
    path: string;
    treeDigest: Digest;
    archive?: Digest;
  };
  plan: BuildPlan;
  contentKey: Digest;
  /** `RootSpec.digest`. */
  toolchain: string;
  sandbox: { driver: string; tier: string; limits: Record<string, number> };
  /** Everything the gateway served to the build. */
  served: readonly ServedFile[];
  /** Hosts that its tools could reach past the gateway's registries, in this build or the one whose caches it has: nobody has verified what came from there. */
  unverifiedHosts?: readonly string[];
  /** Whether caches of an earlier build were there: only a cold build may claim that nothing influenced it. */
  warm: boolean;
  /** What a prebuilt artifact was held against. */
  trust?: TrustFound;
  /** The set that `served` comes from. */
  dependencies?: DependencyUse;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  /** What was kept beside the artifact. */
  log?: Digest;
  sbom?: Digest;
  report?: Digest;
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Our own URIs: names, not addresses. */
const BUILD_TYPE = 'urn:slowlane:build:v1';
/** Nobody here saw how it was made: only from where it came, and by what it was checked. */
const PREBUILT_TYPE = 'urn:slowlane:prebuilt:v1';
const BUILDER = 'urn:slowlane:builder:v1';

/**
 * in-toto Statement v1 with SLSA Provenance v1, in a DSSE envelope signed with ed25519. The same inputs give the same envelope.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export function signProvenance(inputs: ProvenanceInputs, key: SigningKey): DsseEnvelope {
  return sealEnvelope(PAYLOAD_TYPE, canonicalJson(statementOf(inputs)), key);
}

function statementOf(inputs: ProvenanceInputs): ProvenanceStatement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjectsOf(inputs.set),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: buildDefinition(inputs), runDetails: runDetails(inputs) },
  };
}

/** One subject per file, the primary first, then the companions by name. */
export function subjectsOf(set: ArtifactSet): ProvenanceStatement['subject'] {
  return [set.primary, ...set.companions].map((file: ArtifactFile) => ({
    name: file.name,
    digest: sha256(file.digest),
  }));
}

function buildDefinition(inputs: ProvenanceInputs): Record<string, unknown> {
  const { source, plan } = inputs;
  return {
    buildType: plan.prebuilt === true ? PREBUILT_TYPE : BUILD_TYPE,
    externalParameters: {
      pipeline: inputs.pipeline,
      source: { kind: source.kind, url: source.url, ref: source.ref, path: source.path },
      plugin: plan.plugin,
      tools: plan.tools,
      steps: plan.steps,
      files: plan.files,
      output: plan.output,
    },
    internalParameters: {
      contentKey: inputs.contentKey,
      sandbox: inputs.sandbox,
      dependencies: inputs.dependencies,
      unverifiedHosts: inputs.unverifiedHosts,
      trust: inputs.trust,
    },
    resolvedDependencies: [...sourceDependencies(inputs), ...servedDependencies(inputs.served)],
  };
}

function sourceDependencies(inputs: ProvenanceInputs): unknown[] {
  const { source } = inputs;
  return [
    {
      name: 'source',
      uri: source.url,
      digest: { ...(source.commit === undefined ? {} : { gitCommit: source.commit }), ...sha256(source.treeDigest) },
    },
    ...(source.archive === undefined ? [] : [{ name: 'source archive', digest: sha256(source.archive) }]),
    { name: 'toolchain', digest: sha256(inputs.toolchain) },
  ];
}

function servedDependencies(served: readonly ServedFile[]): unknown[] {
  return [...served]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => ({
      name: file.path,
      digest: sha256(file.digest),
      annotations: { size: file.size, immutable: file.immutable },
    }));
}

function runDetails(inputs: ProvenanceInputs): Record<string, unknown> {
  return {
    builder: { id: `${BUILDER}/${inputs.sandbox.driver}/${inputs.sandbox.tier}/${inputs.warm ? 'warm' : 'cold'}` },
    metadata: {
      invocationId: inputs.buildId,
      correlationId: inputs.correlationId,
      startedOn: new Date(inputs.startedAt).toISOString(),
      finishedOn: new Date(inputs.endedAt).toISOString(),
    },
    byproducts: (['log', 'sbom', 'report'] as const).flatMap((name) => {
      const digest = inputs[name];
      return digest === undefined ? [] : [{ name, digest: sha256(digest) }];
    }),
  };
}

function sha256(digest: string): { sha256: string } {
  return { sha256: digest.startsWith('sha256:') ? digest.slice('sha256:'.length) : digest };
}
