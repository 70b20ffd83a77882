/** Public door of core/pipeline: pipeline files, and the stages of the push lane. */
export { applyPipeline, checkPipelineFile, type ApplyDeps, type ApplyPipeline } from './apply-pipeline.ts';
export type { BuildLimits } from './build/build-limits.ts';
export { collectOutputs } from './build/collect-outputs.ts';
export { type PlanContext, type PlanRun, runPlan } from './build/run-plan.ts';
export { checkPolicy } from './check-policy.ts';
export { jobExists } from './find-or-create-job.ts';
export { loadPipelineFile } from './load-pipeline-file.ts';
export { planProject, type PlanDeps } from './make-plan.ts';
export { createPromotion, type PromoteBuild } from './promote-build.ts';
export { pipelineJsonSchema } from './schema.ts';
export { createStages, type Stage, type Stages } from './stages.ts';
export { notebookBase } from './stages/publish.ts';
export type { DeclareLimits, StageDeps } from './stage-deps.ts';
