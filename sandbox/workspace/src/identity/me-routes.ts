import type { FastifyInstance } from 'fastify';
import type { Identity } from './open-identity.ts';
import { principalOf } from './principal.ts';

/** Who calls. @see https://docs.databricks.com/api/workspace/currentuser/me */
export function registerMe(app: FastifyInstance, identity: Identity): void {
  app.get('/api/2.0/preview/scim/v2/Me', async (request, reply) => {
    const { id, kind, name, displayName, groups } = principalOf(request);
    void reply.header('x-databricks-org-id', identity.store.workspaceId);
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id,
      userName: name,
      displayName,
      active: true,
      ...(kind === 'user' ? { emails: [{ type: 'work', value: name, primary: true }] } : {}),
      groups: groups.map((group) => ({ display: group, type: 'direct', value: group })),
    };
  });
}
