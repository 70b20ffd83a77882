import { CreateToken, DurationText, TokenCreated } from '@slowlane/contracts';
import { parseDuration } from '@slowlane/kit';
import { z } from 'zod';
import { problems, type Route } from '../route.ts';
import { Scope } from '../schema.ts';

const Body = CreateToken.extend({ scopes: z.array(Scope).min(1).max(20), ttl: DurationText.optional() });

export const createToken: Route = (app, { deps, access }) => {
  app.route({
    method: 'POST',
    url: '/v1/tokens',
    onRequest: access.needs('admin'),
    schema: {
      tags: ['tokens'],
      summary: 'Make a token; its secret is shown this once',
      description: '`webhookSecret` signs the callbacks of requests that are made with tokens of this name.',
      security: [{ token: [] }],
      body: Body,
      response: { 201: TokenCreated, ...problems },
    },
    handler: async ({ body: { name, scopes, ttl } }, reply) => {
      const expiresAt = ttl === undefined ? undefined : (deps.now?.() ?? Date.now()) + parseDuration(ttl);
      const { token, secret } = await deps.tokens.create({ name, scopes, expiresAt });
      reply.code(201).header('cache-control', 'no-store');
      return { token, secret, webhookSecret: deps.webhookSecret?.({ principal: name }) };
    },
  });
};
