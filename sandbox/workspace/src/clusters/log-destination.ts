import { invalidParameter } from '../http/api-error.ts';
import { type DbfsPath, type DbfsRoots, dbfsPath } from '../dbfs/dbfs-path.ts';
import type { NewCluster } from '../jobs/schema.ts';

/** The folder that the logs of a cluster go to, as its settings name it; `undefined` = they go nowhere. */
export function logDestination({ cluster_log_conf: conf }: Pick<NewCluster, 'cluster_log_conf'>): string | undefined {
  return conf?.volumes?.destination ?? conf?.dbfs?.destination;
}

/**
 * Refuses, with 400, destinations that nothing would ever arrive at.
 *
 * @see https://docs.databricks.com/compute/configure#compute-log-delivery
 */
export function checkLogDestination(name: string, cluster: NewCluster): void {
  const given = Object.entries(cluster.cluster_log_conf ?? {}).filter(([, value]) => (value ?? null) !== null);
  if (given.length === 0) return;
  const kinds = given.map(([kind]) => kind);
  if (kinds.length > 1)
    throw invalidParameter(
      `${name}: cluster_log_conf: only one destination can be set, but ${kinds.join(' and ')} are.`,
    );
  const destination = logDestination(cluster);
  if (destination === undefined)
    throw invalidParameter(
      `${name}: cluster_log_conf.${kinds[0]} is not supported by the local workspace. Use volumes or dbfs.`,
    );
  const form = kinds[0] === 'dbfs' ? /^dbfs:\/./ : /^\/Volumes\/[^/]+\/[^/]+\/[^/]/;
  if (!form.test(destination))
    throw invalidParameter(
      `${name}: cluster_log_conf.${kinds[0]}.destination must be a path of the form ${kinds[0] === 'dbfs' ? 'dbfs:/folder' : '/Volumes/catalog/schema/volume/folder'}, but is '${destination}'.`,
    );
  logFolder({ dbfsDir: '', volumesDir: '' }, destination);
}

/** Where a checked destination lies on this machine. */
export function logFolder(roots: DbfsRoots, destination: string): Pick<DbfsPath, 'root' | 'names'> {
  return dbfsPath(roots, destination);
}
