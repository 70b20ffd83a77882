import { type PipelineFile, SlowLaneError } from '@slowlane/contracts';

/**
 * Volume folder of one request's result: `operation.result.path` with `{request_id}` filled in, or below `<resultBase>/results`. A path that does not
 * name the request gets its id as the last folder, so that two requests never share one.
 */
export function resultPath(file: PipelineFile, requestId: string, resultBase: string): string {
  const template = file.operation.result.path ?? `${resultBase}/results/{request_id}`;
  const named = template.includes('{request_id}') ? template : `${template}/{request_id}`;
  const path = named.replaceAll('{request_id}', requestId).replace(/\/+/g, '/').replace(/\/$/, '');
  if (!path.split('/').some((segment) => segment === '.' || segment === '..')) return path;
  throw new SlowLaneError('mediate.failed', `operation.result.path "${template}" walks out of its folder`, {
    data: { field: 'operation.result.path' },
  });
}
