import type { DatabaseSync } from 'node:sqlite';
import { invalidParameter } from '../http/api-error.ts';

export type SecretPermission = 'READ' | 'WRITE' | 'MANAGE';

export interface SecretStore {
  /** Names of all scopes, sorted. */
  listScopes(): string[];
  hasScope(scope: string): boolean;
  /** False when there is one of that name. */
  addScope(scope: string): boolean;
  /** With all its secrets and rights; false when there is none. */
  removeScope(scope: string): boolean;
  put(scope: string, key: string, value: Uint8Array, at: number): void;
  remove(scope: string, key: string): boolean;
  /** Keys and times (epoch milliseconds) without values. */
  list(scope: string): { key: string; updatedAt: number }[];
  bytes(scope: string, key: string): Buffer | undefined;
  /** The value as UTF-8 text. */
  get(scope: string, key: string): string | undefined;
  /** Every value as text, for whoever masks logs. */
  values(): string[];
  /** Replaces each `{{secrets/scope/key}}`. Throws 400 `INVALID_PARAMETER_VALUE` for one that does not exist. */
  fill(text: string): string;
  putAcl(scope: string, principal: string, permission: SecretPermission): void;
  removeAcl(scope: string, principal: string): boolean;
  acls(scope: string): { principal: string; permission: SecretPermission }[];
}

/** Secrets lie unencrypted in the workspace's own file, which only this process may read: a key beside it would protect nothing. */
export function openSecretStore(database: DatabaseSync): SecretStore {
  database.exec(schema);
  const statement = {
    scopes: database.prepare('SELECT name FROM secret_scopes ORDER BY name'),
    scope: database.prepare('SELECT 1 FROM secret_scopes WHERE name = ?'),
    addScope: database.prepare('INSERT OR IGNORE INTO secret_scopes (name) VALUES (?)'),
    removeScope: database.prepare('DELETE FROM secret_scopes WHERE name = ?'),
    put: database.prepare(
      `INSERT INTO secrets (scope, key, value, updated_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    ),
    remove: database.prepare('DELETE FROM secrets WHERE scope = ? AND key = ?'),
    list: database.prepare('SELECT key, updated_at AS updatedAt FROM secrets WHERE scope = ? ORDER BY key'),
    value: database.prepare('SELECT value FROM secrets WHERE scope = ? AND key = ?'),
    values: database.prepare('SELECT value FROM secrets'),
    putAcl: database.prepare('INSERT OR REPLACE INTO secret_acls (scope, principal, permission) VALUES (?, ?, ?)'),
    removeAcl: database.prepare('DELETE FROM secret_acls WHERE scope = ? AND principal = ?'),
    acls: database.prepare('SELECT principal, permission FROM secret_acls WHERE scope = ? ORDER BY principal'),
  };
  const bytes = (scope: string, key: string): Buffer | undefined => {
    const row = statement.value.get(scope, key) as { value: Uint8Array } | undefined;
    return row && Buffer.from(row.value);
  };
  const get = (scope: string, key: string): string | undefined => bytes(scope, key)?.toString('utf8');
  return {
    listScopes: () => (statement.scopes.all() as { name: string }[]).map(({ name }) => name),
    hasScope: (scope) => statement.scope.get(scope) !== undefined,
    addScope: (scope) => statement.addScope.run(scope).changes === 1,
    removeScope: (scope) => statement.removeScope.run(scope).changes === 1,
    put: (scope, key, value, at) => void statement.put.run(scope, key, value, at),
    remove: (scope, key) => statement.remove.run(scope, key).changes === 1,
    list: (scope) => statement.list.all(scope) as { key: string; updatedAt: number }[],
    bytes,
    get,
    values: () => (statement.values.all() as { value: Uint8Array }[]).map(({ value }) => Buffer.from(value).toString()),
    fill: (text) => fillSecrets(text, get),
    putAcl: (scope, principal, permission) => void statement.putAcl.run(scope, principal, permission),
    removeAcl: (scope, principal) => statement.removeAcl.run(scope, principal).changes === 1,
    acls: (scope) => statement.acls.all(scope) as { principal: string; permission: SecretPermission }[],
  };
}

function fillSecrets(text: string, get: SecretStore['get']): string {
  return text.replaceAll(
    /\{\{\s*secrets\/([A-Za-z0-9_@.-]{1,128})\/([A-Za-z0-9_@.-]{1,128})\s*\}\}/g,
    (_all, scope, key) => {
      const value = get(scope as string, key as string);
      if (value === undefined) throw invalidParameter(`Secret does not exist with scope: ${scope} and key: ${key}`);
      return value;
    },
  );
}

const schema = `
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS secret_scopes (name TEXT PRIMARY KEY COLLATE NOCASE) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (
  scope TEXT NOT NULL COLLATE NOCASE REFERENCES secret_scopes (name) ON DELETE CASCADE, key TEXT NOT NULL, value BLOB NOT NULL,
  updated_at INTEGER NOT NULL, PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret_acls (
  scope TEXT NOT NULL COLLATE NOCASE REFERENCES secret_scopes (name) ON DELETE CASCADE, principal TEXT NOT NULL,
  permission TEXT NOT NULL, PRIMARY KEY (scope, principal)
) STRICT, WITHOUT ROWID;
`;
