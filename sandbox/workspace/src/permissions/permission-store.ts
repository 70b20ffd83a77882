import type { DatabaseSync } from 'node:sqlite';
import type { ObjectKind } from './levels.ts';

export type GranteeKind = 'user_name' | 'group_name' | 'service_principal_name';

export interface Grant {
  kind: GranteeKind;
  name: string;
  level: string;
}

export interface PermissionStore {
  grants(kind: ObjectKind, id: string): Grant[];
  /** Adds the grants; with `replace` they are all there is. One grantee has one level. */
  grant(object: { kind: ObjectKind; id: string }, grants: readonly Grant[], replace: boolean): void;
}

export function openPermissionStore(database: DatabaseSync): PermissionStore {
  database.exec(schema);
  const select = database.prepare(
    'SELECT grantee_kind AS kind, grantee AS name, level FROM grants WHERE kind = ? AND id = ? ORDER BY grantee_kind, grantee',
  );
  const remove = database.prepare('DELETE FROM grants WHERE kind = ? AND id = ?');
  const insert = database.prepare(
    'INSERT OR REPLACE INTO grants (kind, id, grantee_kind, grantee, level) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    grants: (kind, id) => select.all(kind, id) as unknown as Grant[],
    grant({ kind, id }, grants, replace) {
      database.exec('SAVEPOINT grants');
      if (replace) remove.run(kind, id);
      for (const { kind: granteeKind, name, level } of grants) insert.run(kind, id, granteeKind, name, level);
      database.exec('RELEASE grants');
    },
  };
}

const schema = `
CREATE TABLE IF NOT EXISTS grants (
  kind TEXT NOT NULL, id TEXT NOT NULL, grantee_kind TEXT NOT NULL, grantee TEXT NOT NULL, level TEXT NOT NULL,
  PRIMARY KEY (kind, id, grantee_kind, grantee)
) STRICT, WITHOUT ROWID;
`;
