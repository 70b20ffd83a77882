import type { FastifyInstance } from 'fastify';
import { apiCalls } from './api-calls.ts';

export interface RouteRow {
  method: string;
  path: string;
  area: string;
  /** `501`: the call is known and answers `NOT_IMPLEMENTED`, like every call that is not in the list. */
  status: 'done' | '501';
}

/** Lists the API's routes as they are registered, beside the known calls that are not; answers `GET /slowlane/routes`. Call it before any route. */
export function registerRouteList(app: FastifyInstance): void {
  const found = new Set<string>();
  app.addHook('onRoute', ({ method, url }) => {
    if (!/^\/(api|oidc|\.well-known)\//.test(url)) return;
    const path = url.replace(/\*$/, '{path}').replaceAll(/:([a-z]+)/gi, '{$1}');
    for (const name of [method].flat()) {
      // Fastify answers HEAD for every GET; only the Files API promises it.
      if (name !== 'HEAD' || url.startsWith('/api/2.0/fs/')) found.add(`${name} ${path}`);
    }
  });
  app.get('/slowlane/routes', async () => ({ routes: rowsOf(found) }));
}

function rowsOf(found: ReadonlySet<string>): RouteRow[] {
  const known = new Map<string, string>(
    apiCalls.flatMap(({ area, method, path, alsoVersions }) =>
      pathsOf(path, alsoVersions).map((one) => [`${method} ${one}`, area] as const),
    ),
  );
  const lines = [...new Set<string>([...known.keys(), ...found])];
  return lines.map((line) => {
    const [method = '', path = ''] = line.split(' ');
    return { method, path, area: known.get(line) ?? 'Other', status: found.has(line) ? 'done' : '501' };
  });
}

/** The path under its own version and under the older ones. */
export function pathsOf(path: string, alsoVersions: readonly string[]): string[] {
  return [path, ...alsoVersions.map((version) => path.replace(/^\/api\/\d\.\d/, `/api/${version}`))];
}
