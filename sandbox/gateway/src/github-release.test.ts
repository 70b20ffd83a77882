import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { releaseDigest } from './github-release.ts';
import { gatewayLimits } from './limits.ts';
import { trustedContext } from './trusted-cas.ts';
import { createUpstream, type Upstream } from './upstream.ts';

const hex = 'a'.repeat(64);
const release = (digest: unknown) => JSON.stringify({ id: 1, assets: [{ name: 'shop.jar', digest }] });

let api: LoopbackRegistry;
let upstream: Upstream;
beforeAll(async () => {
  api = await startRegistry({
    '/repos/acme/shop/releases/tags/v1': release(`sha256:${hex.toUpperCase()}`),
    '/repos/acme/shop/releases/tags/team%2Fv2': release(`sha256:${hex}`),
    '/repos/acme/shop/releases/tags/old': release(null),
    '/repos/acme/shop/releases/tags/odd': release('md5:1'),
    '/repos/acme/shop/releases/tags/broken': '<html>',
  });
  upstream = createUpstream({ ...gatewayLimits, attempts: 1 }, await trustedContext(undefined));
});
afterAll(async () => {
  await upstream.close();
  await api.stop();
});

const digestOf = (below: string) => releaseDigest(upstream, api.url, below);

describe('releaseDigest', () => {
  it.each(['v1', 'team/v2'])('is what the API states of the file of release %s', async (tag) => {
    expect(await digestOf(`acme/shop/releases/download/${tag}/shop.jar`)).toBe(hex);
  });

  it.each(['old', 'odd', 'broken', 'gone'])('is nothing where the API gives none: %s', async (tag) => {
    expect(await digestOf(`acme/shop/releases/download/${tag}/shop.jar`)).toBeUndefined();
  });

  it('is nothing for files that are not of a release, and the API is not asked', async () => {
    const before = api.asked.length;
    expect(await digestOf('acme/shop/archive/v1.zip')).toBeUndefined();
    expect(await digestOf('acme/shop/releases/download/v1')).toBeUndefined();
    expect(api.asked).toHaveLength(before);
  });

  it('is nothing for a file that the release does not have', async () => {
    expect(await digestOf('acme/shop/releases/download/v1/other.jar')).toBeUndefined();
  });
});
