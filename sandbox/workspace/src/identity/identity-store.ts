import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { newNumericId } from '../store/new-id.ts';
import type { Principal } from './principal.ts';

export interface ServicePrincipal {
  /** Application id: the OAuth client id. */
  clientId: string;
  displayName: string;
  isAdmin: boolean;
}

/** `pat`: a personal access token; `oauth`: an access token of a service principal. */
export interface AccessToken {
  kind: 'pat' | 'oauth';
  tokenId: string;
  /** Name of the owner, or a client id. */
  principal: string;
  comment: string;
  createdAt: number;
  /** Epoch milliseconds; `null` = never. */
  expiresAt: number | null;
}

export interface NewToken {
  kind: AccessToken['kind'];
  principal: string;
  comment: string;
  /** `null` = it never expires. */
  lifetimeMs: number | null;
}

export interface IdentityStore {
  /** Of this workspace, as `X-Databricks-Org-Id` says it; stays the same for as long as the state does. */
  readonly workspaceId: string;
  addServicePrincipal(principal: ServicePrincipal): void;
  /** With its secrets and tokens; false when there is none. */
  removeServicePrincipal(clientId: string): boolean;
  servicePrincipals(): ServicePrincipal[];
  /** A further secret of a principal; several are good at the same time. */
  addSecret(clientId: string, secret: string): void;
  hasSecret(clientId: string, secret: string): boolean;
  /** The token's own text is returned once and never stored. */
  issue(token: NewToken, now: number): { value: string; token: AccessToken };
  tokens(principal: string): AccessToken[];
  find(value: string): AccessToken | undefined;
  /** False when the principal has no such token. */
  revoke(principal: string, tokenId: string): boolean;
  /** Ends OAuth tokens now: one by its text, or all of them. */
  expire(now: number, value?: string): void;
  /** The caller behind a token; `undefined` when its principal is gone. */
  principalNamed(name: string, owner: string): Principal | undefined;
}

/** Service principals, their secrets, and all tokens but the one that the workspace was started with. Secrets are kept as digests. */
export function openIdentityStore(database: DatabaseSync): IdentityStore {
  database.exec(schema);
  const statement = {
    addPrincipal: database.prepare(
      'INSERT OR REPLACE INTO service_principals (client_id, display_name, is_admin) VALUES (?, ?, ?)',
    ),
    removePrincipal: database.prepare('DELETE FROM service_principals WHERE client_id = ?'),
    removeTokens: database.prepare('DELETE FROM access_tokens WHERE principal = ?'),
    removeSecrets: database.prepare('DELETE FROM client_secrets WHERE client_id = ?'),
    principals: database.prepare(
      'SELECT client_id, display_name, is_admin FROM service_principals ORDER BY display_name',
    ),
    addSecret: database.prepare('INSERT OR IGNORE INTO client_secrets (client_id, digest) VALUES (?, ?)'),
    secret: database.prepare('SELECT 1 FROM client_secrets WHERE client_id = ? AND digest = ?'),
    addToken: database.prepare(
      'INSERT INTO access_tokens (digest, kind, token_id, principal, comment, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    prune: database.prepare("DELETE FROM access_tokens WHERE kind = 'oauth' AND expires_at < ?"),
    tokens: database.prepare(
      `SELECT ${columns} FROM access_tokens WHERE principal = ? AND kind = 'pat' ORDER BY created_at, token_id`,
    ),
    token: database.prepare(`SELECT ${columns} FROM access_tokens WHERE digest = ?`),
    revoke: database.prepare("DELETE FROM access_tokens WHERE principal = ? AND token_id = ? AND kind = 'pat'"),
    expire: database.prepare("UPDATE access_tokens SET expires_at = ? WHERE kind = 'oauth' AND expires_at > ?"),
    expireOne: database.prepare('UPDATE access_tokens SET expires_at = ? WHERE digest = ?'),
  };
  const servicePrincipals = (): ServicePrincipal[] =>
    (statement.principals.all() as unknown as PrincipalRow[]).map(({ client_id, display_name, is_admin }) => ({
      clientId: client_id,
      displayName: display_name,
      isAdmin: is_admin === 1,
    }));
  return {
    workspaceId: workspaceIdOf(database),
    addServicePrincipal: ({ clientId, displayName, isAdmin }) =>
      void statement.addPrincipal.run(clientId, displayName, isAdmin ? 1 : 0),
    removeServicePrincipal(clientId) {
      statement.removeTokens.run(clientId);
      statement.removeSecrets.run(clientId);
      return statement.removePrincipal.run(clientId).changes === 1;
    },
    servicePrincipals,
    addSecret: (clientId, secret) => void statement.addSecret.run(clientId, digestOf(secret)),
    hasSecret: (clientId, secret) => statement.secret.get(clientId, digestOf(secret)) !== undefined,
    issue(wanted, now) {
      // An expired token is remembered for a day, so that its caller is told that it expired.
      statement.prune.run(now - 86_400_000);
      const value = `${wanted.kind === 'pat' ? 'dapi' : 'eyJ'}${randomBytes(24).toString('hex')}`;
      const { lifetimeMs, ...rest } = wanted;
      const expiresAt = lifetimeMs === null ? null : now + lifetimeMs;
      const token: AccessToken = { ...rest, tokenId: randomUUID().replaceAll('-', ''), createdAt: now, expiresAt };
      const { kind, tokenId, principal, comment } = token;
      statement.addToken.run(digestOf(value), kind, tokenId, principal, comment, now, expiresAt);
      return { value, token };
    },
    tokens: (principal) => statement.tokens.all(principal) as unknown as AccessToken[],
    find: (value) => statement.token.get(digestOf(value)) as unknown as AccessToken | undefined,
    revoke: (principal, tokenId) => statement.revoke.run(principal, tokenId).changes === 1,
    expire(now, value) {
      if (value === undefined) statement.expire.run(now - 1, now);
      else statement.expireOne.run(now - 1, digestOf(value));
    },
    principalNamed(name, owner) {
      if (name === owner) return ownerOf(owner);
      const found = servicePrincipals().find(({ clientId }) => clientId === name);
      return found && principalOfService(found);
    },
  };
}

/** The user whose workspace this is. */
export function ownerOf(userName: string): Principal {
  const groups = ['admins', 'users'];
  return { id: '1', kind: 'user', name: userName, displayName: userName, isAdmin: true, groups };
}

function principalOfService({ clientId, displayName, isAdmin }: ServicePrincipal): Principal {
  const id = String(createHash('sha256').update(clientId).digest().readUIntBE(0, 6));
  const groups = isAdmin ? ['admins', 'users'] : ['users'];
  return { id, kind: 'service-principal', name: clientId, displayName, isAdmin, groups };
}

function workspaceIdOf(database: DatabaseSync): string {
  database.prepare('INSERT OR IGNORE INTO workspace_id (one, id) VALUES (1, ?)').run(newNumericId(() => false));
  return String((database.prepare('SELECT id FROM workspace_id').get() as { id: number }).id);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface PrincipalRow {
  client_id: string;
  display_name: string;
  is_admin: number;
}

const columns = 'kind, token_id AS tokenId, principal, comment, created_at AS createdAt, expires_at AS expiresAt';

const schema = `
CREATE TABLE IF NOT EXISTS workspace_id (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS service_principals (
  client_id TEXT PRIMARY KEY, display_name TEXT NOT NULL, is_admin INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS client_secrets (client_id TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (client_id, digest)) STRICT;
CREATE TABLE IF NOT EXISTS access_tokens (
  digest TEXT PRIMARY KEY, kind TEXT NOT NULL, token_id TEXT NOT NULL, principal TEXT NOT NULL, comment TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER
) STRICT;
`;
