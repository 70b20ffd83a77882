/** For tests: clusters and their libraries as a workspace keeps them; the test says when one comes up, fails or dies. */
export interface FakeCluster {
  clusterId: string;
  settings: Record<string, unknown>;
  state: string;
  message: string;
  libraries: { library: Record<string, unknown>; status: string; messages?: string[] }[];
}

export interface FakeClusters {
  all: FakeCluster[];
  /** New clusters run at once; else they stay PENDING until the test changes that. */
  startAtOnce: boolean;
  /** What libraries become when they are asked for. */
  libraryStatus: string;
  /** Kinds like `clusters/create`: answered when these settle, the work done then. */
  holds: Map<string, Promise<void>[]>;
}

export function createFakeClusters(): FakeClusters {
  return { all: [], startAtOnce: true, libraryStatus: 'INSTALLED', holds: new Map() };
}

/** `undefined` when the call is about something else. */
export function actOnClusters(
  clusters: FakeClusters,
  { kind, url, body }: { kind: string; url: URL; body: string },
): { status: number; body: string } | undefined {
  if (kind === '/api/2.0/libraries/install' || kind === '/api/2.0/libraries/cluster-status')
    return aboutLibraries(clusters, kind.endsWith('install'), idOf(url, body), body);
  if (!kind.startsWith('clusters/')) return undefined;
  if (kind === 'clusters/create') return create(clusters, JSON.parse(body) as Record<string, unknown>);
  if (kind === 'clusters/list') return ok({ clusters: clusters.all.map(shapeOf) });
  const cluster = clusters.all.find(({ clusterId }) => clusterId === idOf(url, body));
  if (cluster === undefined) return missing(idOf(url, body));
  if (kind === 'clusters/get') return ok(shapeOf(cluster));
  if (kind === 'clusters/delete') {
    cluster.state = 'TERMINATED';
    return ok({});
  }
  return { status: 501, body: JSON.stringify({ error_code: 'NOT_IMPLEMENTED', message: kind }) };
}

function create(clusters: FakeClusters, settings: Record<string, unknown>): { status: number; body: string } {
  const clusterId = `c-${clusters.all.length + 1}`;
  const state = clusters.startAtOnce ? 'RUNNING' : 'PENDING';
  clusters.all.push({ clusterId, settings, state, message: '', libraries: [] });
  return ok({ cluster_id: clusterId });
}

function aboutLibraries(
  { all, libraryStatus }: FakeClusters,
  isInstall: boolean,
  clusterId: string,
  body: string,
): { status: number; body: string } {
  const cluster = all.find((one) => one.clusterId === clusterId);
  if (cluster === undefined) return missing(clusterId);
  if (!isInstall) return ok({ cluster_id: clusterId, library_statuses: cluster.libraries });
  const { libraries } = JSON.parse(body) as { libraries: Record<string, unknown>[] };
  for (const library of libraries) cluster.libraries.push({ library, status: libraryStatus, messages: ['as told'] });
  return ok({});
}

function idOf(url: URL, body: string): string {
  const query = url.searchParams.get('cluster_id');
  return query ?? (JSON.parse(body || '{}') as { cluster_id?: string }).cluster_id ?? '';
}

function shapeOf({ clusterId, settings, state, message }: FakeCluster): Record<string, unknown> {
  return {
    cluster_id: clusterId,
    cluster_name: settings['cluster_name'],
    custom_tags: settings['custom_tags'],
    state,
    state_message: message,
    cluster_source: 'API',
  };
}

function ok(body: object): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(body) };
}

function missing(clusterId: string): { status: number; body: string } {
  const message = `Cluster ${clusterId} does not exist`;
  return { status: 400, body: JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message }) };
}
