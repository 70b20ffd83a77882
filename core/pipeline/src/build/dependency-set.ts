import { createHash } from 'node:crypto';
import { archiveLimits, readTar } from '@slowlane/archive';
import { digestOf } from '@slowlane/artifacts';
import type { BlobStore, BuildPlan, Digest } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';

export interface DependencySetOf {
  zone: string;
  pipeline: string;
  plugin: { id: string; version: string };
  toolchain: string;
  plan: BuildPlan;
  sourceArchive: Digest;
  /** Hosts that tools may reach past the registries. */
  connect?: readonly string[];
}

/**
 * Name of what a project depends on: digests of the files that say it, and of all that decides how they are resolved. Snapshots of resolved
 * caches are kept under it, per pipeline: what one pipeline's code has written is never read by another's.
 */
export async function dependencyKey(blobs: BlobStore, of: DependencySetOf): Promise<string> {
  const resolve = of.plan.steps
    .filter((step) => step.phase === 'resolve')
    .map(({ argv, env, cwd }) => ({ argv, env, cwd }));
  return digestOf(
    canonicalJson({
      v: 1,
      zone: of.zone,
      pipeline: of.pipeline,
      plugin: `${of.plugin.id} ${of.plugin.version}`,
      toolchain: of.toolchain,
      resolve,
      ...(of.connect === undefined || of.connect.length === 0 ? {} : { connect: of.connect }),
      files: await digestsOf(blobs, of.sourceArchive, new Set(of.plan.dependencyFiles)),
    }),
  );
}

async function digestsOf(
  blobs: BlobStore,
  archive: Digest,
  wanted: ReadonlySet<string>,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const { stream, size } = await blobs.open(archive);
  await readTar(stream, { ...archiveLimits, maxBytes: size }, async (entry, content) => {
    if (!wanted.has(entry.path)) return;
    const hash = createHash('sha256');
    for await (const bytes of content) hash.update(bytes as Buffer);
    digests[entry.path] = hash.digest('hex');
  });
  return digests;
}
