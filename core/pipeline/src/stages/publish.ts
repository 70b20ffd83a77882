import type { ArtifactSet } from '@slowlane/contracts';
import { volumeStoreOf } from '@slowlane/databricks';
import { formatBytes } from '@slowlane/kit';
import { need } from '../need.ts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';
import { automaticTargets } from '../targets-of.ts';

/**
 * Uploads the artifact set to its own folder on each target's workspace: `<base>/<set digest>/<file>`. The folder is named by what is in it,
 * so nothing published is ever changed; what is already there is kept, and a half-done upload goes on where it was.
 */
export async function publish({ deps, record, log, signal }: StageContext): Promise<void> {
  await deps.builds.advance(record.id, 'publishing', {});
  const set = need(record.found.set, 'artifact');
  const published = publishedPaths(set, deps.artifactBase);
  const workspaces = new Set(automaticTargets(await pipelineOf(deps, record)).map((target) => target.workspace));
  for (const workspace of workspaces) {
    const volumes = volumeStoreOf(deps.workspace(workspace));
    for (const file of [set.primary, ...set.companions]) {
      signal.throwIfAborted();
      const open = async () => (await deps.blobs.open(file.digest)).stream;
      await volumes.upload(need(published[file.name], file.name), open, file.size, { immutable: true });
    }
    await log.say(
      `${set.companions.length + 1} files (${formatBytes(sizeOf(set))}) in ${folderOf(set, deps.artifactBase)} on ${workspace}`,
    );
  }
  await deps.builds.advance(record.id, 'published', { published });
}

/** Volume path of every file of a set, by file name. */
export function publishedPaths(set: ArtifactSet, base: string): Record<string, string> {
  const folder = folderOf(set, base);
  return Object.fromEntries([set.primary, ...set.companions].map(({ name }) => [name, `${folder}/${name}`]));
}

function folderOf(set: ArtifactSet, base: string): string {
  return `${base}/${set.digest.replace(/^sha256:/, '')}`;
}

function sizeOf(set: ArtifactSet): number {
  return [set.primary, ...set.companions].reduce((sum, file) => sum + file.size, 0);
}
