import type { Migration } from 'kysely/migration';
import { sql } from 'kysely';
import { earlierEvents } from './earlier-events.ts';

type AnyDatabase = Parameters<Migration['up']>[0];

const wishes = ['not_before integer', 'deadline integer', 'priority integer'];

/** Whose request it is, as a column to look for, and what else was asked of it; filled in from the events for what is there already. */
export async function tenants(db: AnyDatabase, written: (statement: string) => string): Promise<void> {
  for (const column of ['tenant text', ...wishes])
    await sql.raw(written(`alter table requests add column ${column}`)).execute(db);
  await fill(db);
  await sql.raw('create index requests_tenant on requests (tenant, id)').execute(db);
}

/** A claim names the tenant, whatever the request said itself. */
async function fill(db: AnyDatabase): Promise<void> {
  for await (const { type, request, told } of earlierEvents(db, ['request.accepted', 'request.mediated'])) {
    if (type === 'request.accepted') await fillWishes(db, request, told);
    const tenant = type === 'request.mediated' ? tenantIn(told['claim']) : told['tenant'];
    if (typeof tenant === 'string') await sql`update requests set tenant = ${tenant} where id = ${request}`.execute(db);
  }
}

async function fillWishes(db: AnyDatabase, request: string, told: Record<string, unknown>): Promise<void> {
  const [notBefore, deadline, priority] = ['notBefore', 'deadline', 'priority'].map((name) =>
    typeof told[name] === 'number' ? told[name] : null,
  );
  if (notBefore === null && deadline === null && priority === null) return;
  await sql`update requests set not_before = ${notBefore}, deadline = ${deadline}, priority = ${priority}
    where id = ${request}`.execute(db);
}

/** `tn:<tenant>` among the dimensions of a claim. */
export function tenantIn(claim: unknown): string | undefined {
  if (claim === null || typeof claim !== 'object') return undefined;
  return Object.keys(claim)
    .find((dimension) => dimension.startsWith('tn:'))
    ?.slice('tn:'.length);
}
