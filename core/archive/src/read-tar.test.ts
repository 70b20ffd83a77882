import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeTar, type RawEntry } from './__fixtures__/make-tar.ts';
import { archiveLimits, type ArchiveLimits } from './limits.ts';
import { readTar, readTarGz, type TarEntry } from './read-tar.ts';

describe('readTar', () => {
  it('gives regular files and folders with cleaned names and modes', async () => {
    const found = await read([
      { path: './', type: 'Directory', mode: 0o755 },
      { path: './src/', type: 'Directory', mode: 0o700 },
      { path: './src/a.txt', content: 'hello', mode: 0o600 },
      { path: 'run.sh', content: '#!', mode: 0o777 },
    ]);
    expect(found).toEqual([
      { path: 'src', kind: 'folder', mode: 0o755, size: 0, text: '' },
      { path: 'src/a.txt', kind: 'file', mode: 0o644, size: 5, text: 'hello' },
      { path: 'run.sh', kind: 'file', mode: 0o755, size: 2, text: '#!' },
    ]);
  });

  it('keeps names longer than a tar header holds', async () => {
    const path = `${'deep/'.repeat(60)}file.txt`;
    expect((await read([{ path, content: 'x' }])).map((entry) => entry.path)).toEqual([path]);
  });

  it('waits for the handler before it hands out the next entry', async () => {
    const order: string[] = [];
    const tar = makeTar([
      { path: 'a', content: 'x'.repeat(100_000) },
      { path: 'b', content: 'y' },
    ]);
    await readTar(chunked(tar, 700), archiveLimits, async (entry, content) => {
      order.push(`begin ${entry.path}`);
      let bytes = 0;
      for await (const chunk of content) bytes += (chunk as Buffer).length;
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`end ${entry.path} ${bytes}`);
    });
    expect(order).toEqual(['begin a', 'end a 100000', 'begin b', 'end b 1']);
  });

  it('skips the content that a handler leaves unread', async () => {
    const seen: string[] = [];
    const tar = makeTar([
      { path: 'a', content: 'x'.repeat(300_000) },
      { path: 'b', content: 'y' },
    ]);
    const summary = await readTar(chunked(tar, 4096), archiveLimits, async (entry) => void seen.push(entry.path));
    expect(seen).toEqual(['a', 'b']);
    expect(summary).toEqual({ entries: 2, bytes: 300_001 });
  });

  it('takes an archive without entries', async () => {
    expect(await readTar(Readable.from([Buffer.alloc(10_240)]), archiveLimits, async () => undefined)).toEqual({
      entries: 0,
      bytes: 0,
    });
  });

  it.each<[string, RawEntry[], RegExp]>([
    [
      'a symbolic link',
      [{ path: 'a', type: 'SymbolicLink', linkpath: '/etc/passwd' }],
      /SymbolicLink entries are refused/,
    ],
    ['a hard link', [{ path: 'a', type: 'Link', linkpath: 'b' }], /Link entries are refused/],
    ['a fifo', [{ path: 'a', type: 'FIFO' }], /FIFO entries are refused/],
    ['a device', [{ path: 'a', type: 'CharacterDevice' }], /CharacterDevice entries are refused/],
    ['a set-uid file', [{ path: 'a', mode: 0o4755 }], /set-id bit/],
    ['a set-gid file', [{ path: 'a', mode: 0o2755 }], /set-id bit/],
    ['an absolute path', [{ path: '/etc/cron.d/x' }], /absolute path/],
    ['a path out of the archive', [{ path: 'a/../../x' }], /"\.\." in the path/],
    ['a path that begins with ..', [{ path: '../x' }], /"\.\." in the path/],
    ['an empty path segment', [{ path: 'a//x' }], /"" in the path/],
    ['a backslash', [{ path: 'a\\..\\x' }], /backslash/],
    ['a control character', [{ path: 'a\u001b[31m' }], /control character/],
    ['a line break', [{ path: 'a\nb' }], /control character/],
    ['a name of 300 bytes', [{ path: 'n'.repeat(300) }], /longer than 255/],
    ['the same file twice', [{ path: 'a' }, { path: 'a' }], /twice/],
    ['names equal after case folding', [{ path: 'README' }, { path: 'readme' }], /differs only by case/],
    ['folders equal after case folding', [{ path: 'A/x' }, { path: 'a/y' }], /differs only by case/],
    ['a file that is a folder elsewhere', [{ path: 'a' }, { path: 'a/b' }], /twice/],
    ['a folder that is a file elsewhere', [{ path: 'a/b' }, { path: 'a' }], /twice/],
  ])('refuses %s', async (_what, entries, reason) => {
    await expect(read(entries)).rejects.toMatchObject({
      code: 'archive.refused',
      message: expect.stringMatching(reason),
    });
  });

  it.each<[string, Partial<ArchiveLimits>, RegExp]>([
    ['entries', { maxEntries: 2 }, /more than 2 entries/],
    ['bytes', { maxBytes: 20 }, /larger than 20 bytes/],
    ['path bytes', { maxPathBytes: 3 }, /longer than 3 bytes/],
  ])('refuses more than the allowed %s', async (_what, limit, reason) => {
    const entries = ['a', 'b', 'long.name'].map((path) => ({ path, content: '0123456789' }));
    await expect(read(entries, { ...archiveLimits, ...limit })).rejects.toMatchObject({
      message: expect.stringMatching(reason),
    });
  });

  it('refuses a truncated archive and fails the content that is being read', async () => {
    const tar = makeTar([{ path: 'a', content: 'x'.repeat(50_000) }]).subarray(0, 20_000);
    let contentError: unknown;
    const reading = readTar(chunked(tar, 1000), archiveLimits, async (_entry, content) => {
      try {
        for await (const chunk of content) void chunk;
      } catch (error) {
        contentError = error;
        throw error;
      }
    });
    await expect(reading).rejects.toMatchObject({ code: 'archive.refused' });
    expect(contentError).toMatchObject({ code: 'archive.refused' });
  });

  it.each([
    ['noise', Buffer.from('this is no archive at all '.repeat(100))],
    ['nothing', Buffer.alloc(0)],
    ['half a header', Buffer.from('short')],
  ])('refuses %s', async (_what, bytes) => {
    await expect(
      readTar(Readable.from(bytes.length > 0 ? [bytes] : []), archiveLimits, async () => undefined),
    ).rejects.toMatchObject({
      code: 'archive.refused',
    });
  });

  it('refuses blocks of zeros that never end', async () => {
    const limits = { ...archiveLimits, maxBytes: 1000, maxEntries: 1 };
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    await expect(readTar(endless, limits, async () => undefined)).rejects.toMatchObject({ code: 'archive.refused' });
    expect(endless.destroyed).toBe(true);
  });

  it("passes the handler's own error on and stops reading", async () => {
    const tar = makeTar([
      { path: 'a', content: 'x' },
      { path: 'b', content: 'y' },
    ]);
    const seen: string[] = [];
    const reading = readTar(chunked(tar, 512), archiveLimits, async (entry) => {
      seen.push(entry.path);
      throw new RangeError('disk full');
    });
    await expect(reading).rejects.toThrow(new RangeError('disk full'));
    expect(seen).toEqual(['a']);
  });

  it("passes the source's own error on", async () => {
    const source = new Readable({ read() {} });
    source.push(makeTar([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 2000));
    const reading = readTar(source, archiveLimits, async (_entry, content) => {
      for await (const chunk of content) {
        void chunk;
        source.destroy(new Error('pipe broke'));
      }
    });
    await expect(reading).rejects.toThrow('pipe broke');
  });

  it('refuses a compressed archive unless asked for one', async () => {
    const gz = gzipSync(makeTar([{ path: 'a', content: 'x' }]));
    await expect(readTar(Readable.from([gz]), archiveLimits, async () => undefined)).rejects.toThrow(/compressed/);
    expect(await readTarGz(Readable.from([gz]), archiveLimits, async () => undefined)).toEqual({
      entries: 1,
      bytes: 1,
    });
  });
});

describe('readTarGz', () => {
  it('takes a plain tar as well', async () => {
    const tar = makeTar([{ path: 'a', content: 'x' }]);
    expect(await readTarGz(Readable.from([tar]), archiveLimits, async () => undefined)).toEqual({
      entries: 1,
      bytes: 1,
    });
  });

  it('refuses a bomb by its ratio, long before it is unpacked', async () => {
    const bomb = gzipSync(makeTar([{ path: 'zeros', content: Buffer.alloc(64 * 1024 * 1024) }]));
    await expect(readTarGz(Readable.from([bomb]), archiveLimits, async () => undefined)).rejects.toThrow(/200 times/);
  });

  it('refuses an archive that is compressed twice', async () => {
    const twice = gzipSync(gzipSync(makeTar([{ path: 'a', content: 'x' }])));
    await expect(readTarGz(Readable.from([twice]), archiveLimits, async () => undefined)).rejects.toThrow(/compressed/);
  });

  it('refuses a broken gzip stream', async () => {
    const gz = gzipSync(makeTar([{ path: 'a', content: 'x'.repeat(100_000) }]));
    const broken = Buffer.concat([gz.subarray(0, 60), Buffer.alloc(200, 7)]);
    await expect(readTarGz(Readable.from([broken]), archiveLimits, async () => undefined)).rejects.toMatchObject({
      code: 'archive.refused',
    });
    await expect(
      readTarGz(Readable.from([gz.subarray(0, 80)]), archiveLimits, async () => undefined),
    ).rejects.toMatchObject({
      code: 'archive.refused',
    });
  });
});

async function read(entries: RawEntry[], limits = archiveLimits): Promise<(TarEntry & { text: string })[]> {
  const found: (TarEntry & { text: string })[] = [];
  await readTar(chunked(makeTar(entries), 333), limits, async (entry, content) => {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk as Buffer);
    found.push({ ...entry, text: Buffer.concat(chunks).toString() });
  });
  return found;
}

function chunked(bytes: Buffer, size: number): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );
}
