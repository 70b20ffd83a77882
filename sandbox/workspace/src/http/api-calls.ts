/** A call of the Databricks API, and whether this server has it. */
export interface ApiCall {
  /** What it is about, as the vendor's reference groups it. */
  area: string;
  method: string;
  /** With the newest version; `{name}` stands for one part or more of the path. */
  path: string;
  /** Older versions under which the same call answers. */
  alsoVersions: readonly string[];
  /** False: it answers 501 `NOT_IMPLEMENTED`. */
  isDone: boolean;
}

/**
 * What clients of a workspace call, in the vendor's order; a test holds `isDone` against the routes that are registered. Calls that
 * are not listed are not there either.
 *
 * @see https://docs.databricks.com/api/workspace/introduction
 */
export const apiCalls: readonly ApiCall[] = [
  ...group('Jobs', '/api/2.2/jobs', { also: ['2.1'] }, 'POST create, POST reset, POST update, GET get, GET list'),
  ...group('Jobs', '/api/2.2/jobs', { also: ['2.1', '2.0'] }, 'POST delete, POST run-now'),
  ...group(
    'Runs',
    '/api/2.2/jobs/runs',
    { also: ['2.1'] },
    'POST submit, GET get, GET list, GET get-output, POST repair, POST cancel-all',
  ),
  ...group('Runs', '/api/2.2/jobs/runs', { also: ['2.1', '2.0'] }, 'POST cancel, POST delete, GET export'),
  ...group(
    'Clusters',
    '/api/2.1/clusters',
    { also: ['2.0'] },
    'POST create, GET get, GET list, POST list, POST start, POST restart, POST edit, POST update, POST resize, POST delete, POST permanent-delete, POST events, GET events, POST pin, POST unpin, GET spark-versions, GET list-node-types, GET list-zones',
  ),
  ...group('Clusters', '/api/2.1/clusters', { isDone: false }, 'POST change-owner'),
  ...group(
    'Cluster policies',
    '/api/2.0/policies/clusters',
    {},
    'POST create, GET get, GET list, POST edit, POST delete',
  ),
  ...group(
    'Cluster policies',
    '/api/2.0',
    { isDone: false },
    'GET policy-families, POST policies/clusters/enforce-compliance',
  ),
  ...group('Instance pools', '/api/2.0/instance-pools', {}, 'POST create, GET get, GET list, POST edit, POST delete'),
  ...group(
    'Libraries',
    '/api/2.0/libraries',
    {},
    'POST install, POST uninstall, GET cluster-status, GET all-cluster-statuses',
  ),
  ...group('Files', '/api/2.0/fs/files', {}, 'PUT {path}, GET {path}, HEAD {path}, DELETE {path}, POST {path}'),
  ...group('Files', '/api/2.0/fs', {}, 'POST create-upload-part-urls, POST create-abort-upload-url'),
  ...group('Files', '/api/2.0/fs', { isDone: false }, 'POST create-resumable-upload-url'),
  ...group('Files', '/api/2.0/fs/directories', {}, 'PUT {path}, GET {path}, HEAD {path}, DELETE {path}'),
  ...group('Volumes', '/api/2.1/unity-catalog/volumes', {}, 'POST, GET, GET {name}, PATCH {name}, DELETE {name}'),
  ...group(
    'Workspace objects',
    '/api/2.0/workspace',
    {},
    'POST import, GET export, GET get-status, GET list, POST mkdirs, POST delete',
  ),
  ...group('Workspace objects', '/api/2.0/workspace-files', {}, 'POST import-file/{path}'),
  ...group(
    'DBFS',
    '/api/2.0/dbfs',
    {},
    'POST create, POST add-block, POST close, POST put, GET read, GET list, GET get-status, POST mkdirs, POST move, POST delete',
  ),
  ...group('Secrets', '/api/2.0/secrets/scopes', {}, 'POST create, GET list, POST delete'),
  ...group('Secrets', '/api/2.0/secrets', {}, 'POST put, GET get, GET list, POST delete'),
  ...group('Secrets', '/api/2.0/secrets/acls', {}, 'POST put, GET get, GET list, POST delete'),
  ...group('Permissions', '/api/2.0/permissions/{kind}/{id}', {}, 'GET, PUT, PATCH, GET permissionLevels'),
  ...group('Identity', '/api/2.0/preview/scim/v2', {}, 'GET Me'),
  ...group('Identity', '/api/2.0/preview/scim/v2', { isDone: false }, 'GET Users, GET Groups, GET ServicePrincipals'),
  ...group(
    'Notification destinations',
    '/api/2.0/notification-destinations',
    {},
    'POST, GET, GET {id}, PATCH {id}, DELETE {id}',
  ),
  ...group('Tokens', '/api/2.0/token', {}, 'POST create, GET list, POST delete'),
  ...group(
    'Sign-in',
    '',
    {},
    'GET .well-known/databricks-config, GET oidc/.well-known/oauth-authorization-server, POST oidc/v1/token',
  ),
  ...group('Commands on clusters', '/api/1.2', { isDone: false }, 'POST contexts/create, POST commands/execute'),
  ...group(
    'Git folders',
    '/api/2.0',
    { isDone: false },
    'GET repos, POST repos, GET git-credentials, POST git-credentials',
  ),
  ...group(
    'SQL warehouses',
    '/api/2.0/sql',
    { isDone: false },
    'GET warehouses, POST warehouses, POST statements, GET statements/{id}',
  ),
  ...group('Pipelines', '/api/2.0', { isDone: false }, 'GET pipelines, POST pipelines'),
  ...group(
    'Unity Catalog',
    '/api/2.1/unity-catalog',
    { isDone: false },
    'GET catalogs, GET schemas, GET tables, GET artifact-allowlists/{kind}',
  ),
  ...group('Start scripts', '/api/2.0', { isDone: false }, 'GET global-init-scripts, GET instance-profiles/list'),
];

/** `names`: `METHOD name` by commas; a method alone is the base itself. */
function group(
  area: string,
  base: string,
  { also = [], isDone = true }: { also?: readonly string[]; isDone?: boolean },
  names: string,
): ApiCall[] {
  return names.split(', ').map((text) => {
    const [method = '', name] = text.split(' ');
    return { area, method, path: name === undefined ? base : `${base}/${name}`, alsoVersions: also, isDone };
  });
}
