import { putJson } from '@slowlane/artifacts';
import type { BuildFindings, CachedBuild, Digest, PluginManifest } from '@slowlane/contracts';
import { type ExportedTree, snapshotTree } from '@slowlane/sources';
import { buildKey } from '../content-key.ts';
import { settlePipeline } from '../settle-pipeline.ts';
import { sourceOf } from '../source-of.ts';
import type { StageContext } from '../stage-context.ts';
import type { StageDeps } from '../stage-deps.ts';

/** Gets the source and its pipeline file. A tree that was built before under the same terms is taken from the cache: no sandbox starts. */
export async function fetchSource({ deps, record, signal, log }: StageContext): Promise<void> {
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'fetching', {});
  const source = await sourceOf(deps, record, signal);
  const { file, found, origin } = await settlePipeline(deps, record, source);
  const tree = await source.export(file.source.path, file.source);
  await log.say(`${source.label} (${tree.entries.length} files); pipeline file: ${origin}`);
  await log.lines(tree.notes.map((note) => `    ${note}`));

  const manifests = await deps.plugins.manifests();
  const language = record.language ?? file.language;
  const contentKey = buildKey({ treeDigest: tree.treeDigest, file, language, manifests }, deps);
  const facts: Partial<BuildFindings> = {
    ...found,
    ...(source.commit === undefined ? {} : { commit: source.commit }),
    treeDigest: tree.treeDigest,
    contentKey,
  };
  const cached = record.refresh === true ? undefined : await cachedBuild(deps, contentKey);
  if (cached !== undefined) {
    await log.say(`built before, as ${cached.buildId}: ${cached.set.primary.name} is taken over`);
    await deps.builds.advance(record.id, 'fetching', { ...facts, ...takenOver(cached) });
    return;
  }
  await deps.builds.advance(record.id, 'fetching', { ...facts, ...(await keepTree(deps, tree, manifests)) });
}

/** A result counts only while all of it is there. */
async function cachedBuild({ cache, blobs }: StageDeps, key: Digest): Promise<CachedBuild | undefined> {
  const cached = await cache.get(key);
  if (cached === undefined) return undefined;
  const files = [cached.set.primary, ...cached.set.companions].map((file) => file.digest);
  const are = await Promise.all([...files, cached.manifest, cached.provenance].map((digest) => blobs.has(digest)));
  return are.every(Boolean) ? cached : undefined;
}

function takenOver({ buildId, sbom, report, ...kept }: CachedBuild): Partial<BuildFindings> {
  return {
    cachedFrom: buildId,
    ...kept,
    ...(sbom === undefined ? {} : { sbom }),
    ...(report === undefined ? {} : { report }),
  };
}

async function keepTree(
  { blobs }: StageDeps,
  tree: ExportedTree,
  manifests: readonly PluginManifest[],
): Promise<Partial<BuildFindings>> {
  const reads = manifests.flatMap((manifest) => manifest.reads);
  const archive = await blobs.put(tree.tar());
  const snapshot = await putJson(blobs, await snapshotTree(tree, reads));
  return { sourceArchive: archive.digest, snapshot: snapshot.digest };
}
