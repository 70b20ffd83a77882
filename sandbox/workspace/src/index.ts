export { createWorkspace } from './workspace.ts';
export { hasR } from './programs/has-r.ts';
export { buildSparkExtension, extensionJar } from './programs/spark-extension.ts';
export type { Workspace, WorkspaceLimits, WorkspaceOptions } from './workspace.ts';
