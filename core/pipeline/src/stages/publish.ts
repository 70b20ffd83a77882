import type { ArtifactSet } from '@slowlane/contracts';
import { volumeStoreOf } from '@slowlane/databricks';
import { formatBytes } from '@slowlane/kit';
import { importNotebooks } from '../import-notebooks.ts';
import { need } from '../need.ts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';
import { automaticTargets } from '../targets-of.ts';

/** Where notebooks are: a task can name one only by its path in the workspace. */
export const notebookBase = '/Workspace/Shared/slowlane/artifacts';

/**
 * Uploads the artifact set to its own folder on each target's workspace: `<base>/<set digest>/<file>`, notebooks to a workspace folder of that name. The
 * folder is named by what is in it, so nothing published is ever changed; what is already there is kept, and a half-done upload goes on where it was.
 */
export async function publish(context: StageContext): Promise<void> {
  const { deps, record } = context;
  await deps.builds.advance(record.id, 'publishing', {});
  const set = need(record.found.set, 'artifact');
  const published = publishedPaths(set, deps.artifactBase);
  const workspaces = new Set(automaticTargets(await pipelineOf(deps, record)).map((target) => target.workspace));
  for (const workspace of workspaces) await publishTo(context, { set, published, workspace });
  await deps.builds.advance(record.id, 'published', { published });
}

/** The set on one workspace; `published` are its paths there. */
export async function publishTo(
  context: StageContext,
  { set, published, workspace }: { set: ArtifactSet; published: Record<string, string>; workspace: string },
): Promise<void> {
  const { deps, log, signal } = context;
  const client = deps.workspace(workspace);
  const volumes = volumeStoreOf(client);
  for (const file of filesOf(set)) {
    signal.throwIfAborted();
    const open = async () => (await deps.blobs.open(file.digest)).stream;
    await volumes.upload(need(published[file.name], file.name), open, file.size, { immutable: true });
  }
  if (set.kind === 'notebooks') {
    const folder = need(published[set.primary.name], set.primary.name);
    await log.say(
      `${await importNotebooks(context, { client, set, folder })} files imported to ${folder} on ${workspace}`,
    );
  }
  if (filesOf(set).length === 0) return;
  await log.say(
    `${filesOf(set).length} files (${formatBytes(sizeOf(set))}) in ${folderOf(set, deps.artifactBase)} on ${workspace}`,
  );
}

/** Volume path of every file of a set, by file name; of notebooks the workspace folder that they are imported to. */
export function publishedPaths(set: ArtifactSet, base: string): Record<string, string> {
  const paths = Object.fromEntries(
    [set.primary, ...set.companions].map(({ name }) => [name, `${folderOf(set, base)}/${name}`]),
  );
  return set.kind === 'notebooks' ? { ...paths, [set.primary.name]: folderOf(set, notebookBase) } : paths;
}

function filesOf({ kind, primary, companions }: ArtifactSet): ArtifactSet['companions'] {
  return kind === 'notebooks' ? companions : [primary, ...companions];
}

function folderOf(set: ArtifactSet, base: string): string {
  return `${base}/${set.digest.replace(/^sha256:/, '')}`;
}

function sizeOf(set: ArtifactSet): number {
  return filesOf(set).reduce((sum, file) => sum + file.size, 0);
}
