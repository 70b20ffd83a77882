import type { FastifyInstance } from 'fastify';

export interface RouteRow {
  method: string;
  path: string;
}

/** Lists the API's routes as they are registered, and answers `GET /slowlane/routes`; everything that is not in it answers 501. Call it before any route. */
export function registerRouteList(app: FastifyInstance): void {
  const rows = new Map<string, RouteRow>();
  app.addHook('onRoute', ({ method, url }) => {
    if (!/^\/(api|oidc|\.well-known)\//.test(url)) return;
    const path = url.replace(/\*$/, '{path}').replaceAll(/:([a-z]+)/gi, '{$1}');
    for (const name of [method].flat()) {
      // Fastify answers HEAD for every GET; only the Files API promises it.
      if (name !== 'HEAD' || url.startsWith('/api/2.0/fs/')) rows.set(`${path} ${name}`, { method: name, path });
    }
  });
  app.get('/slowlane/routes', async () => ({
    routes: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
  }));
}
