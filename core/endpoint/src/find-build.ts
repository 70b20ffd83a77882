import { type ApiToken, type BuildRecord, SlowLaneError } from '@slowlane/contracts';
import { requireScope } from './access.ts';
import type { EndpointDeps } from './endpoint-deps.ts';

type Stores = Pick<EndpointDeps, 'builds' | 'history'>;

/** A build the caller may see: from Redis while it is there, else from history. Throws `build.not-found`, `auth.scope`. */
export async function findBuild(stores: Stores, id: string, caller: ApiToken): Promise<BuildRecord> {
  const build = (await stores.builds.get(id)) ?? (await stores.history.build(id));
  if (build === undefined) throw new SlowLaneError('build.not-found', `there is no build ${id}`);
  requireScope(caller, ['read', 'build', `push:${build.pipeline}`]);
  return build;
}

/** Newest first. What Redis holds stands above what history knows of the same build. */
export async function findBuilds(
  stores: Stores,
  query: { pipeline?: string | undefined; artifact?: string | undefined; before?: string | undefined; limit: number },
): Promise<BuildRecord[]> {
  const { pipeline, artifact, before, limit } = query;
  const byId = new Map<string, BuildRecord>();
  const archived = await stores.history.builds({
    limit,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(artifact === undefined ? {} : { artifact }),
    ...(before === undefined ? {} : { before }),
  });
  for (const build of archived) byId.set(build.id, build);
  for (const build of await stores.builds.list(MAX_LIVE)) {
    if (pipeline !== undefined && build.pipeline !== pipeline) continue;
    if (artifact !== undefined && build.found.set?.digest !== artifact) continue;
    if (before !== undefined && build.id >= before) continue;
    byId.set(build.id, build);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
}

/** Builds that have not been archived are few: those under way and those of the last moments. */
const MAX_LIVE = 500;
