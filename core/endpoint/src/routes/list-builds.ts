import { BuildList, Digest, Name } from '@slowlane/contracts';
import { buildView } from '../build-view.ts';
import { findBuilds } from '../find-build.ts';
import { problems, type Route } from '../route.ts';
import { Page } from '../schema.ts';

export const listBuilds: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/builds',
    onRequest: access.needs('read', 'build'),
    schema: {
      tags: ['builds'],
      summary: 'Builds, newest first',
      security: [{ token: [] }],
      querystring: Page.extend({ pipeline: Name.optional(), artifact: Digest.optional() }),
      response: { 200: BuildList, ...problems },
    },
    handler: async ({ query }) => {
      const builds = await findBuilds(deps, query);
      const next = builds.length === query.limit ? builds.at(-1)?.id : undefined;
      return { builds: builds.map((build) => buildView(build)), next };
    },
  });
};
