export { createGitRemote, type GitRemote, type GitRemoteOptions } from './create-git-remote.ts';
export type { ImportPush } from './import-push.ts';
