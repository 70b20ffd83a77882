export { createWorkspace } from './workspace.ts';
export type { Workspace, WorkspaceLimits, WorkspaceOptions } from './workspace.ts';
