import type { ProvenanceInputs } from '@slowlane/artifacts';
import type { PipelineFile, SandboxLimits } from '@slowlane/contracts';
import { need } from '../need.ts';
import type { StageContext } from '../stage-context.ts';

/** What the build itself knows; the rest stands in the record. */
export type BuildFacts = Pick<
  ProvenanceInputs,
  'set' | 'plan' | 'served' | 'warm' | 'dependencies' | 'startedAt' | 'endedAt' | 'sbom' | 'report' | 'trust'
> & {
  file: PipelineFile;
  limits: SandboxLimits;
  log: string;
};

/** What went into an artifact set, as this side of the sandbox saw it. */
export function provenanceOf({ deps, record }: StageContext, facts: BuildFacts): ProvenanceInputs {
  const { found, source } = record;
  const { set, plan, served, warm, dependencies, startedAt, endedAt, log, sbom, report, trust } = facts;
  return {
    set,
    buildId: record.id,
    correlationId: record.correlationId,
    pipeline: record.pipeline,
    source: {
      kind: source.kind,
      ...(source.kind === 'git' ? { url: source.url } : {}),
      ...(source.kind === 'archive' ? { archive: source.digest } : { ref: source.ref }),
      ...(found.commit === undefined ? {} : { commit: found.commit }),
      path: facts.file.source.path,
      treeDigest: need(found.treeDigest, 'tree digest'),
    },
    plan,
    contentKey: need(found.contentKey, 'content key'),
    toolchain: deps.root().digest,
    sandbox: { driver: deps.sandbox.kind, tier: deps.tier ?? 'full', limits: { ...facts.limits } },
    served,
    ...(facts.file.build.connect === undefined ? {} : { unverifiedHosts: facts.file.build.connect }),
    warm,
    ...(trust === undefined ? {} : { trust }),
    ...(dependencies === undefined ? {} : { dependencies }),
    startedAt,
    endedAt,
    log,
    ...(sbom === undefined ? {} : { sbom }),
    ...(report === undefined ? {} : { report }),
  };
}
