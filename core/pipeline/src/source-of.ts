import type { BuildRecord } from '@slowlane/contracts';
import { exportArchive, type ExportedTree, type FetchAllowance, type Mirror } from '@slowlane/sources';
import type { StageDeps } from './stage-deps.ts';

/** What a commit only points at, and whether it belongs to the source; as in the pipeline file. */
export interface SourceExtras {
  submodules?: boolean | undefined;
  lfs?: boolean | undefined;
}

/** The source of one build, at one commit. */
export interface BuildSourceTree {
  /** Full commit id; an uploaded archive has none. */
  commit: string | undefined;
  /** For the log: `commit 1a2b3c4d of main`. */
  label: string;
  /** The tree below a folder (`.` = all); `source.not-found` when there is none. */
  export(path: string, extras?: SourceExtras): Promise<ExportedTree>;
}

const anyPublicHost: FetchAllowance = { protocols: ['https', 'ssh'], hosts: ['*'] };

/** Fetches what has to be fetched, and gives access to its trees. */
export async function sourceOf(deps: StageDeps, record: BuildRecord, signal: AbortSignal): Promise<BuildSourceTree> {
  const { source } = record;
  switch (source.kind) {
    case 'archive':
      return {
        commit: undefined,
        label: source.name,
        export: (path) => exportArchive(async () => (await deps.blobs.open(source.digest)).stream, { path }),
      };
    case 'mirror': {
      const mirror = await deps.mirror(source.pipeline);
      return commitOf(
        source.commit,
        source.ref,
        exporterOf(deps, { mirror, commit: source.commit, url: undefined, signal }),
      );
    }
    case 'git': {
      const mirror = await deps.mirror(record.pipeline);
      const commit = await mirror.fetchRemote(source.url, source.ref, deps.fetchFrom ?? anyPublicHost, signal);
      return commitOf(commit, source.ref, exporterOf(deps, { mirror, commit, url: source.url, signal }));
    }
  }
}

function commitOf(commit: string, ref: string, exporter: BuildSourceTree['export']): BuildSourceTree {
  const branch = ref.replace(/^refs\/heads\//, '');
  return { commit, label: `commit ${commit.slice(0, 8)} of ${branch}`, export: exporter };
}

function exporterOf(
  { fetchFrom, blobs }: StageDeps,
  of: { mirror: Mirror; commit: string; url: string | undefined; signal: AbortSignal },
): BuildSourceTree['export'] {
  const { mirror, commit, url, signal } = of;
  return (path, { submodules = false, lfs = false } = {}) =>
    submodules || lfs
      ? mirror.exportTree(commit, path, { submodules, lfs, url, allow: fetchFrom ?? anyPublicHost, blobs, signal })
      : mirror.exportTree(commit, path);
}
