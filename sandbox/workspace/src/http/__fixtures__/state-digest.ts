import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestWorkspace } from '../../__fixtures__/test-workspace.ts';

/** All that a workspace knows: what its lists show, every row of its database, every file and folder with its mode and content. */
export async function stateDigest(test: TestWorkspace): Promise<Record<string, string>> {
  const shown = await Promise.all(lists.map(async (url) => [url, (await test.get(url)).text] as const));
  const trees = ['volumes', 'state/objects', 'state/dbfs', 'state/runs'].map(
    (name) => [name, treeOf(join(test.folder, name)).join('\n')] as const,
  );
  return Object.fromEntries([...shown, ...trees, ...rowsOf(join(test.folder, 'state/workspace.db'))]);
}

const lists = [
  '/api/2.2/jobs/list?expand_tasks=true',
  '/api/2.2/jobs/runs/list',
  '/api/2.1/clusters/list',
  '/api/2.0/policies/clusters/list',
  '/api/2.0/instance-pools/list',
  '/api/2.0/libraries/all-cluster-statuses',
  '/api/2.0/secrets/scopes/list',
  '/api/2.0/secrets/list?scope=erp',
  '/api/2.0/token/list',
  '/api/2.0/dbfs/list?path=/',
  '/api/2.0/workspace/list?path=/',
  '/api/2.0/workspace/list?path=/Shared',
  '/api/2.0/fs/directories/Volumes/main/apps/artifacts',
  '/slowlane/faults',
  '/slowlane/service-principals',
];

function rowsOf(file: string): [string, string][] {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const rows = tables.map(({ name }): [string, string] => [
    `table ${String(name)}`,
    database
      .prepare(`SELECT * FROM "${String(name)}"`)
      .all()
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n'),
  ]);
  database.close();
  return rows;
}

function treeOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stats = lstatSync(join(folder, name));
      const content = stats.isFile()
        ? createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex')
        : '';
      return `${name} ${stats.mode.toString(8)} ${content}`;
    });
}
