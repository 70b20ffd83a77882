/** Public door of core/sources: from a git remote, a push or an uploaded archive to one checked tree. */
export { openMirror, type Mirror, type MirrorOptions } from './mirror.ts';
export type { FetchSandbox } from './fetch-sandbox.ts';
export type { TreeExtras } from './complete-tree.ts';
export { importPack } from './import-pack.ts';
export { setRef } from './set-ref.ts';
export { exportArchive, type ArchiveOptions } from './archive-tree.ts';
export { snapshotTree } from './snapshot-tree.ts';
export { checkGitUrl, type FetchAllowance } from './git-url.ts';
export {
  sourceLimits,
  type ExportedTree,
  type SourceEntry,
  type SourceLimits,
  type SourceTree,
} from './source-tree.ts';
