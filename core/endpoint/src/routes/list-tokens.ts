import { TokenList } from '@slowlane/contracts';
import { problems, type Route } from '../route.ts';

export const listTokens: Route = (app, { deps, access }) => {
  app.route({
    method: 'GET',
    url: '/v1/tokens',
    onRequest: access.needs('admin'),
    schema: {
      tags: ['tokens'],
      summary: 'All tokens, without their secrets',
      security: [{ token: [] }],
      response: { 200: TokenList, ...problems },
    },
    handler: async () => ({ tokens: await deps.tokens.list() }),
  });
};
