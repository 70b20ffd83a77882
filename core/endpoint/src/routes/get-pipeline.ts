import { PipelineView } from '@slowlane/contracts';
import { z } from 'zod';
import { requireScope } from '../access.ts';
import { findPipeline } from '../find-pipeline.ts';
import { pipelineView } from '../pipeline-view.ts';
import { problems, type Route } from '../route.ts';
import { ByName } from '../schema.ts';

/** Scope: `read`, `pipeline` or `push:<name>`. */
export const getPipeline: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/pipelines/:name',
    onRequest: access.needs(),
    schema: {
      tags: ['pipelines'],
      summary: 'One pipeline: the newest revision, or the one asked for',
      security: [{ token: [] }],
      params: ByName,
      querystring: z.object({ revision: z.coerce.number().int().min(1).optional() }),
      response: { 200: PipelineView, ...problems },
    },
    handler: async (request) => {
      const caller = access.callerOf(request);
      const { name } = request.params;
      requireScope(caller, ['read', 'pipeline', `push:${name}`]);
      const revision = await findPipeline(deps, name, request.query.revision);
      return await pipelineView(deps, revision, caller);
    },
  });
};
