import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/**
 * kysely on the SQLite that Node brings. One connection, taken by one user at a time: kysely's transactions await between statements, and
 * a stranger's statement must not slip into them. For reads open a second one: it sees what is committed and waits for nobody.
 */
export function nodeSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(database: DatabaseSync): Driver {
  const connection = createConnection(database);
  const waiting: (() => void)[] = [];
  let taken = false;
  const run = (sql: string) => async (on: DatabaseConnection) => void (await on.executeQuery(CompiledQuery.raw(sql)));
  return {
    async init() {},
    async acquireConnection() {
      if (taken) await new Promise<void>((resolve) => waiting.push(resolve));
      taken = true;
      return connection;
    },
    beginTransaction: run('begin immediate'),
    commitTransaction: run('commit'),
    async rollbackTransaction(on) {
      // A full disk has rolled back already; the reason must not be hidden by "no transaction is active".
      if (database.isTransaction) await run('rollback')(on);
    },
    async releaseConnection() {
      const next = waiting.shift();
      if (next === undefined) taken = false;
      else next();
    },
    async destroy() {
      database.close();
    },
  };
}

/** Statements are prepared once per text: the texts are few, because values are parameters. */
const MOST_STATEMENTS = 500;

function createConnection(database: DatabaseSync): DatabaseConnection {
  const statements = new Map<string, { statement: StatementSync; givesRows: boolean }>();
  function prepared(sql: string): { statement: StatementSync; givesRows: boolean } {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    if (statements.size >= MOST_STATEMENTS) statements.clear();
    const entry = { statement, givesRows: statement.columns().length > 0 };
    statements.set(sql, entry);
    return entry;
  }
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { statement, givesRows } = prepared(sql);
      const values = parameters as SQLInputValue[];
      if (givesRows) return { rows: statement.all(...values) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    },
    async *streamQuery<Row>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
      for (const row of database.prepare(sql).iterate(...(parameters as SQLInputValue[]))) yield { rows: [row as Row] };
    },
  };
}
