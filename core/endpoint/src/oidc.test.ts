import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createOidc, type Oidc, type OidcProvider } from './oidc.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();
const audience = 'urn:slowlane';
let server: Server;
let issuer: string;
let signing: JWK;
let provider: OidcProvider;
let oidc: Oidc;

/** A real provider on loopback; machines get JWT access tokens for our audience with the scopes they ask for. */
beforeAll(async () => {
  signing = { ...(await newKey('first')), use: 'sig' };
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { callback } = startProvider([signing]);
  server.on('request', callback);
  provider = { issuer, audience, principalClaim: 'client_id', scopesClaim: 'scope', roles: {} };
  oidc = createOidc([provider]);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function startProvider(keys: JWK[]) {
  const real = new Provider(issuer, {
    clients: [
      {
        client_id: 'ci',
        client_secret: 'not-a-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: keys as never },
    scopes: ['slowlane:read', 'slowlane:gate', 'other'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'slowlane:read slowlane:gate other',
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt' as const,
        }),
      },
    },
  });
  return { callback: real.callback() };
}

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256' };
}

async function tokenOf(scope: string, resource = audience): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('ci:not-a-secret').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A token as the provider would sign it, but for what the test changes. */
async function forged(change: { claims?: object; header?: object; key?: Parameters<SignJWT['sign']>[0] }) {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, aud: audience, client_id: 'ci', scope: 'slowlane:read', iat: now, exp: now + 300 };
  return new SignJWT({ ...claims, ...change.claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'first', ...change.header })
    .sign(change.key ?? (await importJWK(signing, 'RS256')));
}

describe('tokens of a real OpenID provider', () => {
  it('are taken with the scopes that they carry', async () => {
    const { call } = await serve(() => ({ oidc }));
    const headers = { authorization: `Bearer ${await tokenOf('slowlane:read other')}` };
    expect((await call(undefined, 'GET', '/v1/gates', { headers })).statusCode).toBe(200);
    const refused = await call(undefined, 'GET', '/v1/tokens', { headers });
    expect(refused.json()).toMatchObject({ status: 403, code: 'auth.scope' });
  });

  it('name the caller together with the issuer', async () => {
    const caller = await oidc.verify(await tokenOf('slowlane:read'));
    expect(caller).toMatchObject({ name: `ci@${new URL(issuer).host}`, scopes: ['read'] });
  });

  it('get the scopes of their roles, and nothing else, where roles are configured', async () => {
    const mapped = createOidc([{ ...provider, roles: { other: ['request:daily-sales', 'no scope'] } }]);
    expect((await mapped.verify(await tokenOf('slowlane:gate other')))?.scopes).toEqual(['request:daily-sales']);
  });

  it('are refused when they were made for another audience', async () => {
    expect(await oidc.verify(await tokenOf('slowlane:read', 'urn:elsewhere'))).toBeUndefined();
  });
});

describe('a token that no provider made for us', () => {
  it('is taken when nothing is wrong with it: the forgery itself works', async () => {
    expect((await oidc.verify(await forged({})))?.scopes).toEqual(['read']);
  });

  const past = Math.floor(Date.now() / 1_000) - 3_600;
  it.each([
    ['expired', { claims: { exp: past } }],
    ['not valid yet', { claims: { nbf: past + 7_200 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['of another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['of an issuer that only begins alike', { claims: { iss: 'http://127.0.0.1' } }],
    ['for another audience', { claims: { aud: ['urn:elsewhere'] } }],
    ['without an audience', { claims: { aud: undefined } }],
    ['of a key that the provider does not have', { header: { kid: '../first' } }],
    ['of nobody', { claims: { client_id: undefined } }],
    ['of somebody whose name is no text', { claims: { client_id: { admin: true } } }],
  ])('is refused: %s', async (_name, change) => {
    expect(await oidc.verify(await forged(change))).toBeUndefined();
  });

  it('is refused when it is signed with the public key as a shared secret', async () => {
    const { n = '' } = signing;
    const token = await forged({ header: { alg: 'HS256' }, key: Buffer.from(n) });
    expect(await oidc.verify(token)).toBeUndefined();
  });

  it('is refused when it is signed by another key under the same id', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    expect(await oidc.verify(await forged({ key: privateKey }))).toBeUndefined();
  });

  it('is refused without a signature, whatever it says of its algorithm', async () => {
    const [, claims] = (await forged({})).split('.');
    for (const alg of ['none', 'None', 'RS256']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'first' })).toString('base64url');
      expect(await oidc.verify(`${header}.${claims}.`), alg).toBeUndefined();
    }
  });

  it('is answered 401, whatever was wrong', async () => {
    const { call } = await serve(() => ({ oidc }));
    const headers = { authorization: `Bearer ${await forged({ claims: { aud: 'x' } })}` };
    const answer = await call(undefined, 'GET', '/v1/gates', { headers });
    expect(answer.json()).toMatchObject({ status: 401, code: 'auth.invalid' });
  });
});

describe('the keys of a provider', () => {
  async function counting() {
    const asked: string[] = [];
    const state = { keys: [await newKey('a')], fails: false };
    const web = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (state.fails) return void response.writeHead(500).end();
      const body =
        request.url === '/keys'
          ? { keys: state.keys.map(({ kty, n, e, kid, alg }) => ({ kty, n, e, kid, alg })) }
          : { issuer: at, jwks_uri: `${at}/keys` };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const sign = async (key: JWK) =>
      forged({ claims: { iss: at }, header: { kid: key.kid }, key: await importJWK(key, 'RS256') });
    return { at, asked, state, sign, close: () => new Promise((resolve) => web.close(resolve)) };
  }

  it('are fetched once for many tokens, again for a new key, and not for each unknown one', async () => {
    const { at, asked, state, sign, close } = await counting();
    const own = createOidc([{ ...provider, issuer: at }], { coolDownMs: 0 });
    const first = await sign(state.keys[0] as JWK);
    for (let count = 0; count < 5; count++) expect(await own.verify(first)).toBeDefined();
    expect(asked.filter((url) => url === '/keys')).toHaveLength(1);
    const next = await newKey('b');
    state.keys = [next];
    expect(await own.verify(await sign(next))).toBeDefined();
    expect(asked.filter((url) => url === '/keys')).toHaveLength(2);

    const cooled = createOidc([{ ...provider, issuer: at }]);
    expect(await cooled.verify(await sign(next))).toBeDefined();
    const before = asked.length;
    const unknown = await sign(await newKey('unknown'));
    for (let count = 0; count < 5; count++) expect(await cooled.verify(unknown)).toBeUndefined();
    expect(asked.length - before).toBeLessThanOrEqual(1);
    await close();
  });

  it('that cannot be had are our failure, told as 503, and are looked for again', async () => {
    const { at, state, sign, close } = await counting();
    const own = createOidc([{ ...provider, issuer: at }], { coolDownMs: 0 });
    state.fails = true;
    const token = await sign(state.keys[0] as JWK);
    await expect(own.verify(token)).rejects.toMatchObject({ code: 'auth.provider' });
    state.fails = false;
    await vi.waitUntil(() => own.verify(token).then(Boolean, () => false));
    await close();
  });

  it('of a provider that names another issuer are not taken', async () => {
    const { at, state, close } = await counting();
    const other = at.replace('127.0.0.1', 'localhost');
    const own = createOidc([{ ...provider, issuer: other }]);
    const token = await forged({
      claims: { iss: other },
      header: { kid: 'a' },
      key: await importJWK(state.keys[0] as JWK, 'RS256'),
    });
    await expect(own.verify(token)).rejects.toMatchObject({ code: 'auth.provider' });
    await close();
  });
});
