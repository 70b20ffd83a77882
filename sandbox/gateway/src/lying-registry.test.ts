import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';

const real = 'the bytes that were released';
/** One bit of the last byte. */
const changed = real.slice(0, -1) + String.fromCharCode(real.charCodeAt(real.length - 1) ^ 1);
const sum = (kind: string, text = real): string => createHash(kind).update(text).digest('hex');
const jar = '/maven/org/x/1.0/x-1.0.jar';
const distribution = '/gradle-dist/gradle-8.14-bin.zip';
const cranPackage = '/cran/src/contrib/words_1.0-2.tar.gz';
const index = (md5: string): string =>
  `Package: other\nVersion: 3\nMD5sum: ${'0'.repeat(32)}\n\nPackage: words\nVersion: 1.0-2\nDepends: R (>= 3.5)\nMD5sum: ${md5}\n`;

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  const names = ['maven', 'gradle-dist', 'cran', 'pypi'];
  open = await openGateway(Object.fromEntries(names.map((name) => [name, `${registry.url}/${name}`])));
  door = await open.gateway.open({ id: 'bld_1', registries: names });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

/** The path of a file, and what its registry says of it in other places. */
const published: [string, string, Record<string, string | Buffer>][] = [
  ['.sha512', jar, { [`${jar}.sha512`]: sum('sha512') }],
  ['.sha256', jar, { [`${jar}.sha256`]: `${sum('sha256').toUpperCase()}\n` }],
  ['.sha1', jar, { [`${jar}.sha1`]: `${sum('sha1')}  x-1.0.jar` }],
  ['.md5', jar, { [`${jar}.md5`]: sum('md5') }],
  ['.sha256', distribution, { [`${distribution}.sha256`]: sum('sha256') }],
  ['PACKAGES', cranPackage, { '/cran/src/contrib/PACKAGES': index(sum('md5')) }],
  ['PACKAGES.gz', cranPackage, { '/cran/src/contrib/PACKAGES.gz': gzipSync(index(sum('md5'))) }],
];

describe.each(published)('what %s announces of %s', (_where, path, announced) => {
  beforeEach(() => {
    for (const [at, reply] of Object.entries(announced)) registry.replies.set(at, reply);
  });

  it('is held against the bytes', async () => {
    registry.replies.set(path, real);
    expect(await ask(door.socketPath, path)).toMatchObject({ status: 200, text: real });
  });

  it('refuses bytes of which one has changed, keeps nothing of them, and takes the real ones later', async () => {
    registry.replies.set(path, changed);
    const answer = await ask(door.socketPath, path);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/^gateway\.mismatch: \S+: \w+ is [0-9a-f]+, the registry announces [0-9a-f]+/);
    expect(open.alarms).toHaveLength(1);
    expect(await open.blobs.has(digestOf(changed))).toBe(false);
    expect(door.served().map((file) => file.path)).not.toContain(path);

    registry.replies.set(path, real);
    expect(await ask(door.socketPath, path)).toMatchObject({ status: 200, text: real });
    expect(await open.blobs.has(digestOf(real))).toBe(true);
  });
});

describe('a file with several checksums', () => {
  it.each(['sha512', 'sha256', 'sha1'])('is refused when %s alone says otherwise', async (kind) => {
    for (const one of ['sha512', 'sha256', 'sha1'])
      registry.replies.set(`${jar}.${one}`, sum(one, one === kind ? 'other' : real));
    registry.replies.set(jar, real);
    expect((await ask(door.socketPath, jar)).text).toContain(`gateway.mismatch: ${jar}: ${kind} is`);
  });

  it('is held against the stronger one beside it, though its headers have a weak one', async () => {
    registry.replies.set(`${jar}.sha256`, sum('sha256'));
    registry.replies.set(jar, { body: changed, headers: { 'x-checksum-sha1': sum('sha1', changed) } });
    expect((await ask(door.socketPath, jar)).text).toContain('gateway.mismatch');
  });

  it('costs no question more when its headers have a strong one', async () => {
    registry.replies.set(jar, { body: real, headers: { 'x-checksum-sha256': sum('sha256') } });
    expect((await ask(door.socketPath, jar)).status).toBe(200);
    expect(registry.asked).toEqual([jar]);
  });

  it('asks for MD5 only where there is nothing better', async () => {
    registry.replies.set(`${jar}.sha1`, sum('sha1'));
    registry.replies.set(jar, real);
    await ask(door.socketPath, jar);
    expect(registry.asked).not.toContain(`${jar}.md5`);
  });
});

describe('a checksum that the store has lost', () => {
  it.each([
    ['.sha256', jar, `${jar}.sha256`, sum('sha256')],
    ['.sha256', distribution, `${distribution}.sha256`, sum('sha256')],
    ['PACKAGES', cranPackage, '/cran/src/contrib/PACKAGES', index(sum('md5'))],
  ])('is fetched again and not left out: %s of %s', async (_where, path, beside, announced) => {
    registry.replies.set(beside, announced);
    expect((await ask(door.socketPath, beside)).text).toBe(announced);
    const digest = digestOf(announced).slice('sha256:'.length);
    await rm(join(open.folder, 'blobs/sha256', digest.slice(0, 2), digest.slice(2)));
    registry.replies.set(path, changed);
    expect((await ask(door.socketPath, path)).text).toContain(`gateway.mismatch: ${path}`);
  });
});

describe('a package of R', () => {
  it('of another version than the index lists stays unchecked, as the archive does', async () => {
    registry.replies.set('/cran/src/contrib/PACKAGES', index(sum('md5')));
    const older = '/cran/src/contrib/Archive/words/words_0.9.tar.gz';
    registry.replies.set(older, changed);
    expect(await ask(door.socketPath, older)).toMatchObject({ status: 200, text: changed });
  });

  it('is served when its index cannot be read', async () => {
    registry.replies.set('/cran/src/contrib/PACKAGES.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3]));
    registry.replies.set(cranPackage, real);
    expect((await ask(door.socketPath, cranPackage)).status).toBe(200);
  });
});

describe('a large file that is passed on while it arrives', () => {
  it('never comes whole when its checksum is wrong', async () => {
    const big = Buffer.alloc(3 * 1024 ** 2, 'x');
    registry.replies.set(jar, big);
    registry.replies.set(`${jar}.sha256`, sum('sha256'));
    await expect(ask(door.socketPath, jar)).rejects.toThrow();
    expect(await open.blobs.has(digestOf(big))).toBe(false);
  });
});
