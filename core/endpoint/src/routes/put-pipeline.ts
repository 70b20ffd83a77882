import { PipelineView } from '@slowlane/contracts';
import { z } from 'zod';
import { pipelineView } from '../pipeline-view.ts';
import { problems, type Route } from '../route.ts';
import { ByName } from '../schema.ts';

const yamlTypes = ['text/yaml', 'application/yaml', 'text/x-yaml', 'application/x-yaml', 'text/plain'];

export const putPipeline: Route = (app, { deps, access }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(yamlTypes, { parseAs: 'string' }, async (_request: unknown, text: string) => text);
  app.route({
    method: 'PUT',
    url: '/v1/pipelines/:name',
    onRequest: access.needs('pipeline'),
    schema: {
      tags: ['pipelines'],
      summary: 'Apply a pipeline file (YAML)',
      description: 'The same file as the newest revision changes nothing. What is wrong is named with its line.',
      security: [{ token: [] }],
      consumes: ['text/yaml'],
      params: ByName,
      body: z.string().min(1),
      response: { 200: PipelineView, ...problems },
    },
    handler: async (request) => {
      const caller = access.callerOf(request);
      const revision = await deps.applyPipeline(request.params.name, request.body, caller.name);
      return await pipelineView(deps, revision, caller);
    },
  });
};
