import { type Registration, SlowLaneError } from '@slowlane/contracts';
import type { DatabricksClient } from '@slowlane/databricks';
import { jobOf, noLongerWanted } from './still-wanted.ts';

type Client = Pick<DatabricksClient, 'files' | 'jobs' | 'workspace'>;

export interface PublishedGarbage {
  /** Jobs deleted, or that would be. */
  jobs: number;
  /** Published artifact sets deleted, or that would be. */
  artifacts: number;
  bytes: number;
  /** Workspaces that could not be asked, with the reason: nothing of theirs was touched. */
  unreachable: { workspace: string; reason: string }[];
}

export interface PublishedOptions {
  registrations: Parameters<typeof noLongerWanted>[0];
  /** Volume folder below which sets are published, each in a folder of its digest. */
  base: string;
  /** Workspace folder below which notebooks are imported, in folders of the same names. */
  notebookBase: string;
  client(workspace: string): Client;
  now: number;
  graceMs: number;
  dryRun: boolean;
}

/**
 * Deletes on the workspaces the jobs of old registrations, then the published files that only they used. What is not in the ledger is not
 * ours and stays. A job goes before its files, so that no job is ever left without them.
 */
export async function collectPublished(options: PublishedOptions): Promise<PublishedGarbage> {
  const gone = noLongerWanted(options.registrations, options);
  const total: PublishedGarbage = { jobs: 0, artifacts: 0, bytes: 0, unreachable: [] };
  for (const [workspace, old] of Map.groupBy(gone, (one) => one.workspace)) {
    try {
      const client = options.client(workspace);
      total.jobs += await deleteJobs(client, old, options.dryRun);
      const files = await deleteSets(client, unusedSets(options.registrations.all, old, workspace), options);
      total.artifacts += files.artifacts;
      total.bytes += files.bytes;
    } catch (error) {
      if (!(error instanceof SlowLaneError)) throw error;
      total.unreachable.push({ workspace, reason: error.message });
    }
  }
  return total;
}

async function deleteJobs(client: Client, old: readonly Registration[], dryRun: boolean): Promise<number> {
  let count = 0;
  for (const jobId of new Set(old.map((one) => one.jobId))) {
    if (!(await isOurs(client, jobId))) continue;
    count++;
    if (!dryRun) await client.jobs.delete(jobId);
  }
  return count;
}

/** A job that somebody else made anew under the id, or that is gone, is not touched. */
async function isOurs(client: Client, jobId: string): Promise<boolean> {
  try {
    const tags = (await client.jobs.get(jobId)).settings['tags'];
    return tags !== null && typeof tags === 'object' && 'slowlane' in tags;
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
    throw error;
  }
}

function unusedSets(all: readonly Registration[], old: readonly Registration[], workspace: string): Set<string> {
  const oldJobs = new Set(old.map(jobOf));
  const used = all.filter((one) => one.workspace === workspace && !oldJobs.has(jobOf(one)));
  const needed = new Set(used.map((one) => one.set.digest));
  return new Set(old.map((one) => one.set.digest).filter((digest) => !needed.has(digest)));
}

async function deleteSets(
  client: Client,
  digests: ReadonlySet<string>,
  { base, notebookBase, dryRun }: Pick<PublishedOptions, 'base' | 'notebookBase' | 'dryRun'>,
): Promise<{ artifacts: number; bytes: number }> {
  const total = { artifacts: 0, bytes: 0 };
  for (const digest of digests) {
    const name = digest.replace(/^sha256:/, '');
    const files = await filesIn(client, `${base}/${name}`);
    const imported = await isWorkspaceFolder(client, `${notebookBase}/${name}`);
    if (files.length === 0 && !imported) continue;
    total.artifacts++;
    total.bytes += files.reduce((sum, { size }) => sum + size, 0);
    if (dryRun) continue;
    if (imported) await client.workspace.delete(`${notebookBase}/${name}`, { recursive: true });
    if (files.length === 0) continue;
    for (const { path } of files) await client.files.delete(path);
    await client.files.rmdir(`${base}/${name}`);
  }
  return total;
}

/** Only sets of notebooks have one. */
async function isWorkspaceFolder(client: Client, path: string): Promise<boolean> {
  try {
    await client.workspace.list(path);
    return true;
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return false;
    throw error;
  }
}

async function filesIn(client: Client, folder: string): Promise<{ path: string; size: number }[]> {
  try {
    return (await client.files.list(folder)).filter(({ isFolder }) => !isFolder);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return [];
    throw error;
  }
}
