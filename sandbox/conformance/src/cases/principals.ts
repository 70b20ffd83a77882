import type { Case } from '../case.ts';
import { call, claim, http } from './make.ts';
import { doc, ours } from './sources.ts';

const m2m = doc('https://docs.databricks.com/dev-tools/auth/oauth-m2m');
const who = { client_id: '{client_id}', client_secret: '{client_secret}' };
const needs = { needs: ['principals'] as const };
const isItself = { expect: { has: { userName: '{client_id}' } } };

/** OAuth of a service principal, from discovery to a call with the token. */
export const principalCases: readonly Case[] = [
  claim(
    'oidc/m2m',
    'a service principal gets a token for its secret, and is itself',
    m2m,
    [call('principal.me', who, isItself)],
    needs,
  ),
  claim(
    'oidc/m2m-wrong-secret',
    'a wrong secret gets no token',
    m2m,
    [call('principal.me', { ...who, client_secret: 'not-the-secret' }, { expect: { error: { status: 401 } } })],
    needs,
  ),
  claim(
    'oidc/m2m-lifetime',
    'a token is a bearer token of one hour',
    m2m,
    [
      http('POST', '/oidc/v1/token', {
        withoutToken: true,
        body: 'grant_type=client_credentials&scope=all-apis&client_id={client_id}&client_secret={client_secret}',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        expect: { has: { token_type: 'Bearer', expires_in: 3_600, access_token: { matches: '.{20}' } } },
      }),
    ],
    needs,
  ),
  claim(
    'oidc/m2m-expired',
    'a token that has ended is answered 401, and our client fetches another and asks again',
    ours,
    [
      { fault: { route: 'GET /api/2.0/preview/scim/v2/Me', kind: 'token-expired' } },
      call('principal.me', who, isItself),
    ],
    { needs: ['principals'], clients: ['ours'], why: 'not claimed of this client' },
  ),
];
