import type { DatabaseSync } from 'node:sqlite';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type AccessToken, type IdentityStore, openIdentityStore, ownerOf } from './identity-store.ts';
import type { Principal } from './principal.ts';

/** How a presented token is judged. `expired` and `revoked` differ: an OAuth client fetches a new token after the first. */
export type Judgement = { principal: Principal } | { refused: 'unknown' | 'expired'; kind: AccessToken['kind'] };

export interface Identity {
  readonly store: IdentityStore;
  readonly owner: Principal;
  /** Milliseconds that new OAuth tokens live; changed by the control API. */
  tokenLifetimeMs: number;
  judge(token: string): Judgement;
  /** Returns what a client needs; the secret is shown once. */
  addClient(client: NewClient): { clientId: string; clientSecret: string };
  now(): number;
}

export interface NewClient {
  displayName: string;
  isAdmin: boolean;
  clientId?: string | undefined;
  clientSecret?: string | undefined;
}

export interface IdentityOptions {
  /** The token that the workspace was started with: the owner's, good for ever. */
  token: string;
  userName: string;
  /** Service principals that are there from the start. */
  servicePrincipals?: readonly NewClient[];
  /** Default: one hour, as the service has it. */
  tokenLifetimeMs?: number;
  now: () => number;
}

export function openIdentity(database: DatabaseSync, options: IdentityOptions): Identity {
  const store = openIdentityStore(database);
  const owner = ownerOf(options.userName);
  const ownToken = digestOf(options.token);
  const identity: Identity = {
    store,
    owner,
    tokenLifetimeMs: options.tokenLifetimeMs ?? 3_600_000,
    now: options.now,
    judge(token) {
      // Digests of equal length: how long a comparison takes tells nothing about the token.
      if (digestOf(token) === ownToken) return { principal: owner };
      const found = store.find(token);
      if (found === undefined) return { refused: 'unknown', kind: 'pat' };
      if (found.expiresAt !== null && found.expiresAt <= options.now()) return { refused: 'expired', kind: found.kind };
      const principal = store.principalNamed(found.principal, options.userName);
      return principal === undefined ? { refused: 'unknown', kind: found.kind } : { principal };
    },
    addClient({
      displayName,
      isAdmin,
      clientId = randomUUID(),
      clientSecret = `dose${randomBytes(16).toString('hex')}`,
    }) {
      store.addServicePrincipal({ clientId, displayName, isAdmin });
      store.addSecret(clientId, clientSecret);
      return { clientId, clientSecret };
    },
  };
  for (const client of options.servicePrincipals ?? []) identity.addClient(client);
  return identity;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
