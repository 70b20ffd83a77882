import { hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { ApiToken, TokenStore } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { Selectable } from 'kysely';
import { optional } from './column.ts';
import type { TokenTable } from './database.ts';
import type { Databases } from './open-database.ts';

type Row = Selectable<TokenTable>;

interface Known {
  hash: Uint8Array;
  token: ApiToken;
}

const form = /^sl_([a-z0-9]{8})_[A-Za-z0-9_-]{43}$/;
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * API tokens: `sl_<prefix>_<secret>`, 256 random bits that need no slow hash. A row that was looked up is kept for `cacheMs`; revoking here
 * acts at once in this process, and within that time in others. `now` (epoch ms) decides what is expired and dates the rows: one clock for all nodes,
 * or a token would live longer on one of them than on another.
 */
export function createTokenStore(
  { write, read }: Databases,
  { now = () => Date.now(), cacheMs = 2_000 }: { now?: () => number; cacheMs?: number } = {},
): TokenStore {
  const cache = new Map<string, Known & { until: number }>();

  async function lookUp(prefix: string): Promise<Known | undefined> {
    const known = cache.get(prefix);
    if (known !== undefined && known.until > performance.now()) return known;
    const row = await read.selectFrom('tokens').selectAll().where('prefix', '=', prefix).executeTakeFirst();
    if (cache.size > 1_000) cache.clear();
    if (row === undefined) return undefined;
    const found = { hash: row.hash, token: tokenOf(row), until: performance.now() + cacheMs };
    cache.set(prefix, found);
    return found;
  }
  return {
    async create({ name, scopes, expiresAt }) {
      const { prefix, secret } = newSecret();
      const row: Row = {
        id: newId('tok'),
        prefix,
        hash: sha256(secret),
        name,
        scopes: JSON.stringify(scopes),
        created_at: now(),
        expires_at: expiresAt ?? null,
        revoked_at: null,
      };
      await write.insertInto('tokens').values(row).execute();
      return { token: tokenOf(row), secret };
    },
    async verify(secret) {
      const prefix = form.exec(secret)?.[1];
      const known = prefix === undefined ? undefined : await lookUp(prefix);
      if (known === undefined || !timingSafeEqual(known.hash, sha256(secret))) return undefined;
      const { revokedAt, expiresAt } = known.token;
      if (revokedAt !== undefined || (expiresAt !== undefined && expiresAt <= now())) return undefined;
      return known.token;
    },
    async list() {
      const rows = await read.selectFrom('tokens').selectAll().orderBy('id').execute();
      return rows.map(tokenOf);
    },
    async revoke(id) {
      const change = write
        .updateTable('tokens')
        .set({ revoked_at: now() })
        .where('id', '=', id)
        .where('revoked_at', 'is', null);
      const { numUpdatedRows } = await change.executeTakeFirstOrThrow();
      cache.clear();
      return numUpdatedRows > 0n;
    },
  };
}

function newSecret(): { prefix: string; secret: string } {
  const prefix = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return { prefix, secret: `sl_${prefix}_${randomBytes(32).toString('base64url')}` };
}

function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer');
}

function tokenOf(row: Row): ApiToken {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as string[],
    createdAt: row.created_at,
    expiresAt: optional(row.expires_at),
    revokedAt: optional(row.revoked_at),
  };
}
