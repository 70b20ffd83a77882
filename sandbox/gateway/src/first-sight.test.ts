import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';

const sum = (kind: string, text: string, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash(kind).update(text).digest(encoding);

/** What a registry answers when its file has these bytes, each checksum true; and the path that the file has at the gateway. */
type Release = (bytes: string, url: string) => { replies: Record<string, string>; path: string };

const jar = '/maven/org/x/1.0/x-1.0.jar';
const rPackage = '/cran/src/contrib/words_1.0.tar.gz';
const distribution = '/gradle-dist/gradle-8.14-bin.zip';
const plain =
  (path: string, beside: (bytes: string) => Record<string, string> = () => ({})): Release =>
  (bytes) => ({ replies: { [path]: bytes, ...beside(bytes) }, path });

const releases: [string, Release][] = [
  ['Maven', plain(jar, (bytes) => ({ [`${jar}.sha256`]: sum('sha256', bytes) }))],
  [
    'CRAN',
    plain(rPackage, (bytes) => ({
      '/cran/src/contrib/PACKAGES': `Package: words\nVersion: 1.0\nMD5sum: ${sum('md5', bytes)}\n`,
    })),
  ],
  ['Gradle distributions', plain(distribution, (bytes) => ({ [`${distribution}.sha256`]: sum('sha256', bytes) }))],
  ['Go modules', plain('/go/example.org/words/@v/v1.0.0.mod')],
  ['a registry that a plugin declares', plain('/crates/words/1.0.crate')],
  ['web', (bytes, url) => ({ replies: { '/x.jar': bytes }, path: `/web/http/${new URL(url).host}/x.jar` })],
  [
    'npm',
    (bytes, url) => ({
      replies: {
        '/npm/words': JSON.stringify({
          versions: {
            '1.0.0': {
              dist: {
                tarball: `${url}/npm/words/-/words-1.0.0.tgz`,
                integrity: `sha512-${sum('sha512', bytes, 'base64')}`,
              },
            },
          },
        }),
        '/npm/words/-/words-1.0.0.tgz': bytes,
      },
      path: '/npm/words/-/words-1.0.0.tgz',
    }),
  ],
  [
    'PyPI',
    (bytes, url) => ({
      replies: {
        '/pypi/words/': `<a href="${url}/words-1.0.tar.gz#sha256=${sum('sha256', bytes)}">words-1.0.tar.gz</a>`,
        '/words-1.0.tar.gz': bytes,
      },
      path: `/pypi/files/${sum('sha256', bytes)}/words-1.0.tar.gz`,
    }),
  ],
];

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  const names = ['maven', 'gradle-dist', 'cran', 'pypi', 'npm', 'go', 'crates'];
  open = await openGateway(Object.fromEntries(names.map((name) => [name, `${registry.url}/${name}`])), {
    webHosts: [`http://${new URL(registry.url).host}`],
  });
  const layouts = { go: ['**/@v/*.mod'], crates: ['**/*.crate'] };
  door = await open.gateway.open({ id: 'bld_1', registries: [...names, 'web'], layouts });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

function publish(release: Release, bytes: string): string {
  const { replies, path } = release(bytes, registry.url);
  for (const [at, reply] of Object.entries(replies)) registry.replies.set(at, reply);
  return path;
}

/** So that the registry is asked once more: what is here is served without a question. */
async function loseAllBlobs(): Promise<void> {
  const folder = join(open.folder, 'blobs');
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

describe.each(releases)('what %s served once under a coordinate that never changes', (_ecosystem, release) => {
  it('stands for ever, though all that is announced of the other bytes is true', async () => {
    const path = publish(release, 'the first bytes');
    expect(await ask(door.socketPath, path)).toMatchObject({ status: 200, text: 'the first bytes' });

    const renamed = publish(release, 'other bytes');
    await loseAllBlobs();
    open.advance(24 * 3_600_000);
    const answer = await ask(door.socketPath, renamed);
    expect(answer.status, answer.text).toBe(502);
    expect(answer.text).toMatch(
      /^gateway\.mismatch: .*(?:it was sha256:\w+ before|is \w+, the registry announces \w+)/,
    );
    expect(open.alarms).toContain('ALARM: a registry served other bytes than it should');

    publish(release, 'the first bytes');
    open.advance(24 * 3_600_000);
    expect(await ask(door.socketPath, path)).toMatchObject({ status: 200, text: 'the first bytes' });
  });
});
