import { putJson } from '@slowlane/artifacts';
import { viewArtifact } from '@slowlane/archive';
import type { ArtifactManifest, BuildRecord } from '@slowlane/contracts';
import { keepLog } from '../keep-log.ts';
import { need } from '../need.ts';
import { pipelineOf, runtimeOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';
import { withBlobFile } from '../with-blob-file.ts';

/** Looks into what was built, before anything is uploaded: a main that is not there or a wrong Scala version ends the build here. */
export async function inspect(context: StageContext): Promise<void> {
  const { deps, record } = context;
  const { found } = record;
  if (found.cachedFrom === undefined) {
    await deps.builds.advance(record.id, 'inspecting', {});
    const manifest = await look(context);
    const stored = await putJson(deps.blobs, manifest);
    const log = await keepLog(deps, record.id);
    await remember(context, { manifest: stored.digest, log });
    await deps.builds.advance(record.id, 'inspecting', { manifest: stored.digest, log });
  }
  if (record.purpose.kind !== 'build-only') return;
  await deps.builds.advance(record.id, 'built', { log: await keepLog(deps, record.id) });
}

async function look({ deps, record, log }: StageContext): Promise<ArtifactManifest> {
  const set = need(record.found.set, 'artifact');
  const file = await pipelineOf(deps, record);
  const view = await withBlobFile(deps, set.primary, (source) =>
    viewArtifact({ name: set.primary.name, size: set.primary.size, source }, set.kind, set.companions),
  );
  const expectation = { runtime: runtimeOf(file, deps), main: file.job.main };
  const manifest = await deps.plugins.inspect(need(record.found.plugin, 'plugin'), view, expectation);
  await log.say(tell(manifest, file.job.runtime));
  return manifest;
}

function tell(manifest: ArtifactManifest, runtime: string): string {
  const facts = [
    `main ${manifest.main}`,
    manifest.scala === undefined ? undefined : `Scala ${manifest.scala}`,
    manifest.classFile === undefined ? undefined : `class files ${manifest.classFile}`,
    manifest.python === undefined ? undefined : `${manifest.python.package} ${manifest.python.version}`,
    `Spark ${manifest.spark}`,
  ];
  return `${facts.filter((fact) => fact !== undefined).join(', ')}: fits ${runtime}`;
}

/** Only now, when it was found to be good, may another build take it over. */
async function remember(
  { deps, record }: { deps: StageContext['deps']; record: BuildRecord },
  kept: { manifest: string; log: string },
): Promise<void> {
  const { found } = record;
  await deps.cache.put(need(found.contentKey, 'content key'), {
    buildId: record.id,
    set: need(found.set, 'artifact'),
    provenance: need(found.provenance, 'provenance'),
    plugin: need(found.plugin, 'plugin'),
    sbom: found.sbom,
    report: found.report,
    ...kept,
  });
}
