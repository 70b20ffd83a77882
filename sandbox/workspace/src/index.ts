export { type ApiCall, apiCalls } from './http/api-calls.ts';
export { bareSubmit, type BareSubmitOptions } from './runs/bare-submit.ts';
export { createWorkspace } from './workspace.ts';
export { hasR } from './programs/has-r.ts';
export { buildSparkExtension, extensionJar } from './programs/spark-extension.ts';
export type { Workspace, WorkspaceLimits, WorkspaceOptions } from './workspace.ts';
