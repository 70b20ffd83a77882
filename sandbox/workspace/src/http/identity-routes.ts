import type { FastifyInstance } from 'fastify';

/** Who calls: one user, the workspace's owner. @see https://docs.databricks.com/api/workspace/currentuser/me */
export function registerIdentity(app: FastifyInstance, userName: string): void {
  app.get('/api/2.0/preview/scim/v2/Me', async (_request, reply) => {
    void reply.header('x-databricks-org-id', '0');
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: '1',
      userName,
      displayName: userName,
      active: true,
      emails: [{ type: 'work', value: userName, primary: true }],
      groups: [{ display: 'admins', type: 'direct', value: 'admins' }],
    };
  });
}
