import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { storedZip } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type ChecksumLog, createChecksumLog } from './__fixtures__/checksum-log.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';

const coordinate = 'example.org/!words@v1.0.0';
const zipPath = '/go/example.org/!words/@v/v1.0.0.zip';
const modPath = '/go/example.org/!words/@v/v1.0.0.mod';
const mod = 'module example.org/Words\n\ngo 1.19\n';
// In the order of bytes: upper case before lower case, and "z" before "é".
const files: [string, string][] = [
  ['Words.go', 'package words\n'],
  ['go.mod', mod],
  ['z/z.go', 'package z\n'],
  ['é/e.go', 'package e\n'],
];
const inZip = (changed = ''): Buffer =>
  storedZip(
    [...files].reverse().map(([path, text]) => [`example.org/Words@v1.0.0/${path}`, `${text}${changed}`] as const),
  );
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const h1 = (lines: string[]): string => `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
const sums = [
  `example.org/Words v1.0.0 ${h1(files.map(([path, text]) => `${hex(text)}  example.org/Words@v1.0.0/${path}\n`))}`,
  `example.org/Words v1.0.0/go.mod ${h1([`${hex(mod)}  go.mod\n`])}`,
];

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;
let log: ChecksumLog;

beforeEach(async () => {
  registry = await startRegistry();
  log = createChecksumLog(300);
  log.add(coordinate, sums);
  open = await openGateway({ go: `${registry.url}/go` }, { goChecksumKey: log.key });
  const layouts = { go: ['**/@v/*.zip', '**/@v/*.mod'] };
  door = await open.gateway.open({ id: 'bld_1', registries: ['go'], layouts });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

const spooled = (): Promise<string[]> => readdir(join(open.folder, 'state/spool'));

describe('a Go module whose sum stands in the log', () => {
  it('is served when its bytes have that sum, whoever sends them', async () => {
    log.publish(registry, '/go');
    registry.replies.set(zipPath, inZip());
    registry.replies.set(modPath, mod);
    const zip = await ask(door.socketPath, zipPath);
    expect(zip.status, zip.text).toBe(200);
    expect(zip.body.equals(inZip())).toBe(true);
    expect((await ask(door.socketPath, modPath)).text).toBe(mod);
    expect(registry.asked).toContain(`/go/sumdb/sums.example.org/lookup/${coordinate}`);
    expect(await spooled()).toEqual([]);
  });

  it('is refused with an alarm when one of its files is another, though the proxy itself states a checksum of it', async () => {
    log.publish(registry, '/go');
    const bytes = inZip('// more\n');
    registry.replies.set(zipPath, { body: bytes, headers: { 'x-checksum-sha256': digestOf(bytes).slice(7) } });
    const answer = await ask(door.socketPath, zipPath);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/^gateway\.mismatch: \S+\.zip: h1 is h1:\S+, the registry announces h1:/);
    expect(open.alarms).toHaveLength(1);
    expect(await open.blobs.has(digestOf(bytes))).toBe(false);
    expect(await spooled()).toEqual([]);
    registry.replies.set(zipPath, inZip());
    expect((await ask(door.socketPath, zipPath)).status).toBe(200);
  });

  it('is refused when its go.mod is another', async () => {
    log.publish(registry, '/go');
    registry.replies.set(modPath, `${mod}require example.org/evil v1.0.0\n`);
    expect((await ask(door.socketPath, modPath)).text).toMatch(/^gateway\.mismatch: \S+\.mod: h1 is/);
  });

  it.each<[string, Buffer]>([
    ['no zip', Buffer.from('PK nothing of the kind')],
    ['a zip that is cut', inZip().subarray(0, -30)],
    ['a zip with a file twice', storedZip([1, 2].map(() => ['example.org/Words@v1.0.0/go.mod', mod] as const))],
  ])('is refused when it is %s', async (_what, bytes) => {
    log.publish(registry, '/go');
    registry.replies.set(zipPath, bytes);
    expect((await ask(door.socketPath, zipPath)).text).toMatch(/^gateway\.mismatch: \S+: h1 is none \(/);
    expect(await spooled()).toEqual([]);
  });

  it('never comes whole when it is large and another', async () => {
    log.publish(registry, '/go');
    const big = storedZip([['example.org/Words@v1.0.0/data', Buffer.alloc(3 * 1024 ** 2, 'x')]]);
    registry.replies.set(zipPath, big);
    await expect(ask(door.socketPath, zipPath)).rejects.toThrow();
    expect(await open.blobs.has(digestOf(big))).toBe(false);
  });
});

describe('a log that the proxy has changed', () => {
  const otherSum = (answer: Buffer): Buffer =>
    Buffer.from(answer.toString().replace(/go\.mod h1:..../, 'go.mod h1:AAAA'));
  const of = (part: string, change: (answer: Buffer) => Buffer) => (path: string, answer: Buffer) =>
    path.startsWith(part) ? change(answer) : answer;

  it.each<[string, (path: string, answer: Buffer) => Buffer, RegExp]>([
    ['in a record', of('lookup/', otherSum), /the record is not in the tree/],
    ['in its tiles', of('tile/8/0/001', () => Buffer.alloc(8_192)), /the record is not in the tree/],
    ['in its size', of('lookup/', (it) => Buffer.from(it.toString().replace('\n301\n', '\n302\n'))), /not signed/],
    [
      'in the name of the signer',
      of('lookup/', (it) => Buffer.from(it.toString().replace('— sums', '— soms'))),
      /not signed/,
    ],
    [
      'in the number of a record',
      of('lookup/', (it) => Buffer.from(it.toString().replace(/^300\n/, '301\n'))),
      /does not reach/,
    ],
  ])('%s refuses the file with an alarm', async (_where, change, reason) => {
    log.publish(registry, '/go', change);
    registry.replies.set(modPath, mod);
    const answer = await ask(door.socketPath, modPath);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(reason);
    expect(open.alarms).toEqual(['ALARM: a registry passes on a false record of checksums']);
  });

  it('is asked again when it has been put right', async () => {
    log.publish(
      registry,
      '/go',
      of('tile/8/0/001', () => Buffer.alloc(8_192)),
    );
    registry.replies.set(modPath, mod);
    expect((await ask(door.socketPath, modPath)).status).toBe(502);
    log.publish(registry, '/go');
    open.advance(5 * 60_000 + 1);
    expect((await ask(door.socketPath, modPath)).text).toBe(mod);
  });

  it('by the record of another module refuses the file', async () => {
    log.add('example.org/other@v1.0.0', ['example.org/other v1.0.0 h1:x']);
    log.publish(registry, '/go');
    const base = '/go/sumdb/sums.example.org/lookup';
    registry.replies.set(`${base}/${coordinate}`, registry.replies.get(`${base}/example.org/other@v1.0.0`) as Buffer);
    registry.replies.set(modPath, mod);
    expect((await ask(door.socketPath, modPath)).text).toMatch(/the record is of another module/);
  });
});

describe('a Go module that no log vouches for', () => {
  it.each<[string, () => void]>([
    ['the proxy passes none on', () => undefined],
    ['the log does not have it', () => (createLogWithout().publish(registry, '/go'), undefined)],
    ['the log cannot be read', () => log.publish(registry, '/go', () => Buffer.from('<html>'))],
    [
      'a tile is missing',
      () => (
        log.publish(registry, '/go'),
        void registry.replies.delete('/go/sumdb/sums.example.org/tile/8/0/001.p/45')
      ),
    ],
  ])('is served, and its first bytes stand: %s', async (_why, publish) => {
    publish();
    registry.replies.set(modPath, 'whatever');
    expect((await ask(door.socketPath, modPath)).text).toBe('whatever');
    registry.replies.set(modPath, 'other');
    expect((await ask(door.socketPath, modPath)).text).toBe('whatever');
    expect(open.alarms).toEqual([]);
  });

  function createLogWithout(): ChecksumLog {
    return createChecksumLog(5);
  }
});

describe('the newest tree that is known', () => {
  it('is enough for records that it has', async () => {
    log.add('example.org/late@v1.0.0', ['example.org/late v1.0.0/go.mod h1:x']);
    log.publish(registry, '/go');
    registry.replies.set('/go/example.org/late/@v/v1.0.0.mod', 'x');
    await ask(door.socketPath, '/go/example.org/late/@v/v1.0.0.mod');
    log.add('example.org/later@v1.0.0', ['example.org/later v1.0.0/go.mod h1:x']);
    log.publish(registry, '/go');
    registry.replies.set(modPath, mod);
    expect((await ask(door.socketPath, modPath)).text).toBe(mod);
    expect(registry.asked.filter((path) => path.endsWith('.p/47'))).toEqual([]);
  });
});
