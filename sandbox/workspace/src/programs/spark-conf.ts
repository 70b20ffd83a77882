import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootSpec } from '@slowlane/contracts';
import { tablesName } from '../files/reserved-names.ts';
import { makeShared } from '../runs/run-folders.ts';

/**
 * Settings that give programs three-level table names which outlive their run, and Delta as the default format: each only where the
 * Spark home has the JAR for it.
 */
export async function sparkConf(input: { root: RootSpec; volumesDir: string }): Promise<Record<string, string>> {
  const site = input.root.binds.find((bind) => bind.target === '/opt/site')?.source;
  const jars = site === undefined ? [] : await readdir(join(site, 'pyspark', 'jars')).catch(() => []);
  const hasDelta = jars.some((name) => name.startsWith('delta-spark_'));
  const hasCatalog = jars.some((name) => name.startsWith('slowlane-spark-'));
  if (hasCatalog) await makeShared(join(input.volumesDir, tablesName));
  return { ...(hasDelta ? deltaConf : {}), ...(hasCatalog ? catalogConf : {}) };
}

const deltaConf = {
  'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
  'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
  'spark.sql.sources.default': 'delta',
  // Delta's own default of 50 is for large clusters; a state of a few files is read by two tasks.
  'spark.databricks.delta.snapshotPartitions': '2',
};

const catalogConf = {
  'spark.sql.catalog.main': 'org.apache.spark.sql.slowlane.WorkspaceCatalog',
  'spark.sql.catalog.main.warehouse': `/Volumes/${tablesName}`,
  'spark.sql.defaultCatalog': 'main',
};
