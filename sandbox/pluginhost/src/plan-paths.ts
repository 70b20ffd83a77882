import type { BuildPlan } from '@slowlane/contracts';

/** The first path or glob of a plan that could lead out of `/work`; undefined when all stay inside. */
export function escapingPath(plan: BuildPlan): string | undefined {
  const { primary, companions } = plan.output;
  return [
    ...plan.files.map((file) => file.path),
    ...plan.steps.map((step) => step.cwd),
    ...plan.reports.map((report) => report.glob),
    ...plan.dependencyFiles,
    ...[primary, companions].flatMap((rule) => [...rule.include, ...rule.exclude]),
  ].find((path) => path.startsWith('/') || path.includes('\0') || path.split('/').includes('..'));
}
