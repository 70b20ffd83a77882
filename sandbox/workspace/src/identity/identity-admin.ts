import type { FastifyInstance } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import type { Identity } from './open-identity.ts';
import { NewServicePrincipal, TokenLifetime } from './schema.ts';

/** Control API of our own: who there is, and how long tokens live. Owner and admins only (see the guard of `/slowlane`). */
export function registerIdentityAdmin(app: FastifyInstance, identity: Identity): void {
  const { store } = identity;
  app.get('/slowlane/service-principals', async () => ({
    service_principals: store.servicePrincipals().map(({ clientId, displayName, isAdmin }) => ({
      client_id: clientId,
      display_name: displayName,
      admin: isAdmin,
    })),
  }));
  app.post('/slowlane/service-principals', async (request) => {
    const input = parseInput(NewServicePrincipal, request.body);
    const { clientId, clientSecret } = identity.addClient({
      displayName: input.display_name,
      isAdmin: input.admin,
      clientId: input.client_id,
      clientSecret: input.client_secret,
    });
    return { client_id: clientId, client_secret: clientSecret };
  });
  app.delete('/slowlane/service-principals/:id', async (request) => {
    const { id } = request.params as { id: string };
    if (!store.removeServicePrincipal(id))
      throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `There is no service principal ${id}.`);
    return {};
  });
  app.put('/slowlane/oauth-tokens/lifetime', async (request) => {
    identity.tokenLifetimeMs = parseInput(TokenLifetime, request.body).lifetime_seconds * 1_000;
    return {};
  });
  app.post('/slowlane/oauth-tokens/expire', async () => {
    store.expire(identity.now());
    return {};
  });
}
