import { digestOf } from '@slowlane/artifacts';
import type { Digest, PipelineFile, PluginManifest } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import type { StageDeps } from './stage-deps.ts';

/** Raised when what the stages do with the same inputs changes: old results are then built again. */
const version = 1;

/**
 * All that decides what a build puts out, known before any sandbox runs: plans are pure functions of tree, configuration, tools and plugin
 * version, so these stand for the plan. The commit is not among them: builds do not see it.
 */
export function buildKey(
  inputs: {
    treeDigest: Digest;
    file: PipelineFile;
    language: string | undefined;
    manifests: readonly PluginManifest[];
  },
  deps: Pick<StageDeps, 'zone' | 'root' | 'toolchains' | 'sandbox' | 'tier' | 'policy' | 'trustedRoot'>,
): Digest {
  const { file, manifests } = inputs;
  return digestOf(
    canonicalJson({
      version,
      zone: deps.zone,
      pipeline: file.pipeline,
      treeDigest: inputs.treeDigest,
      build: file.build,
      language: inputs.language ?? null,
      plugins: manifests.map(({ id, version: of }) => `${id} ${of}`).sort(),
      runtime: file.job.runtime,
      main: file.job.main ?? null,
      toolchain: deps.root().digest,
      tools: deps.toolchains.map((tool) => `${tool.name} ${tool.version}`).sort(),
      // What a laxer policy or another root of trust let in is looked at again.
      ...(deps.policy.prebuilt === 'first-sight' ? {} : { prebuilt: deps.policy.prebuilt }),
      ...(deps.trustedRoot === undefined ? {} : { trustedRoot: digestOf(deps.trustedRoot) }),
      profile: `${deps.sandbox.kind} ${deps.tier ?? 'full'}`,
    }),
  );
}
