import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { archiveLimits, packFolder, packTar, readTar } from '@slowlane/archive';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratch, gitPath, type Scratch } from './__fixtures__/scratch-repository.ts';
import { exportArchive } from './archive-tree.ts';
import type { FetchAllowance } from './git-url.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { snapshotTree } from './snapshot-tree.ts';
import { sourceLimits, type SourceTree } from './source-tree.ts';

let scratch: Scratch;
let mirror: Mirror;

beforeEach(async () => {
  scratch = await createScratch();
  mirror = await openMirror({ dir: join(scratch.folder, 'mirror.git'), gitPath });
});
afterEach(() => scratch.remove());

const local: FetchAllowance = { protocols: ['file'], hosts: [] };
const url = (name = 'origin') => `file://${scratch.folder}/${name}`;

describe('fetchRemote', () => {
  it('fetches a branch, a tag, a full ref and a commit id', async () => {
    const first = await scratch.commit('origin', { 'a.txt': 'one' });
    await scratch.git('origin', 'tag', '-a', 'v1', '-m', 'first');
    const second = await scratch.commit('origin', { 'a.txt': 'two' });
    expect(await mirror.fetchRemote(url(), 'main', local)).toBe(second);
    expect(await mirror.fetchRemote(url(), 'v1', local)).toBe(first);
    expect(await mirror.fetchRemote(url(), 'refs/tags/v1', local)).toBe(first);
    expect(await mirror.fetchRemote(url(), 'HEAD', local)).toBe(second);
    expect(await mirror.fetchRemote(url(), first, local)).toBe(first);
    expect(await contents(await mirror.readTree(first, '.'))).toEqual({ 'a.txt': 'one' });
    expect(await mirror.commitTime(second)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000);
  });

  it('asks once and fetches nothing when it has the commit already', async () => {
    const commit = await scratch.commit('origin', { 'a.txt': 'one' });
    await mirror.fetchRemote(url(), 'main', local);
    const before = await readdir(join(mirror.dir, 'objects/pack'));
    expect(await mirror.fetchRemote(url(), 'main', local)).toBe(commit);
    expect(await readdir(join(mirror.dir, 'objects/pack'))).toEqual(before);
  });

  it('takes several fetches at once', async () => {
    const commits = [];
    for (const name of ['a', 'b', 'c']) commits.push(await scratch.commit(name, { [name]: name }));
    expect(await Promise.all(['a', 'b', 'c'].map((name) => mirror.fetchRemote(url(name), 'main', local)))).toEqual(
      commits,
    );
  });

  it('goes on where a mirror was left', async () => {
    const commit = await scratch.commit('origin', { 'a.txt': 'one' });
    await mirror.fetchRemote(url(), 'main', local);
    const reopened = await openMirror({ dir: mirror.dir, gitPath });
    expect(await reopened.has(commit)).toBe(true);
    expect(await reopened.has('0'.repeat(40))).toBe(false);
    expect(await reopened.has('--help')).toBe(false);
  });

  it.each([
    ['a repository that is not there', 'nowhere', 'main', /nowhere/],
    ['a branch that is not there', 'origin', 'release', /no branch or tag "release"/],
    ['a commit that is not there', 'origin', 'f'.repeat(40), /./],
  ])('says source.not-found to %s', async (_what, name, ref, words) => {
    await scratch.commit('origin', { 'a.txt': 'one' });
    await expect(mirror.fetchRemote(url(name), ref, local)).rejects.toMatchObject({
      code: 'source.not-found',
      message: expect.stringMatching(words),
    });
  });

  it('asks for a full name when a name is both a branch and a tag', async () => {
    await scratch.commit('origin', { 'a.txt': 'one' });
    await scratch.git('origin', 'tag', 'release');
    await scratch.commit('origin', { 'a.txt': 'two' });
    await scratch.git('origin', 'branch', 'release');
    await expect(mirror.fetchRemote(url(), 'release', local)).rejects.toMatchObject({
      code: 'source.refused',
      hint: 'Write refs/heads/release or refs/tags/release.',
    });
  });

  it('never runs a program that a URL or ref names', async () => {
    const trap = join(scratch.folder, 'trap');
    const evil = [
      `--upload-pack=touch ${trap};true`,
      `ext::sh -c "touch% ${trap}"`,
      `ssh://-oProxyCommand=touch${trap}/x`,
      `git@example.org:x.git`,
      `http://example.org/x.git`,
      `https://user:secret@example.org/x.git`,
      `https://example.org/x.git\n--upload-pack=touch`,
      'fd::17/x',
      '/etc',
    ];
    for (const text of evil) {
      await expect(
        mirror.fetchRemote(text, 'main', { protocols: ['https'], hosts: ['example.org'] }),
      ).rejects.toMatchObject({
        code: 'source.refused',
      });
    }
    for (const ref of [
      `--upload-pack=touch ${trap}`,
      'a..b',
      'HEAD~1',
      'a b',
      'x:y',
      'refs/heads/*',
      '@{-1}',
      'a\nb',
      '',
      'a'.repeat(64),
    ]) {
      await expect(mirror.fetchRemote(url(), ref, local)).rejects.toMatchObject({ code: 'source.refused' });
    }
    await expect(readFile(trap)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('shows no credentials in its message', async () => {
    const fetching = mirror.fetchRemote('https://ada:hunter2secret@example.org/x.git', 'main', {
      protocols: ['https'],
      hosts: ['*'],
    });
    await expect(fetching).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2secret') }),
    );
  });

  it('refuses objects that git itself calls broken', async () => {
    await scratch.commit('origin', { 'a.txt': 'one' });
    const blob = await scratch.git('origin', 'rev-parse', 'HEAD:a.txt');
    const input = join(scratch.folder, 'tree');
    // A tree with an entry ".git": a checkout of it would write into the repository's own folder.
    await writeFile(input, Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]));
    const tree = await scratch.git('origin', 'hash-object', '-t', 'tree', '-w', '--literally', input);
    const commit = await scratch.git('origin', 'commit-tree', tree, '-m', 'evil');
    await scratch.git('origin', 'branch', 'evil', commit);
    await expect(mirror.fetchRemote(url(), 'evil', local)).rejects.toMatchObject({ code: 'source.refused' });
    expect(await mirror.has(commit)).toBe(false);
  });

  it('runs no hook, no fsmonitor and no filter that a repository brings', async () => {
    const trap = join(scratch.folder, 'trap');
    await scratch.commit('origin', { '.gitattributes': '* filter=evil export-subst', 'a.txt': '$Format:%H$' });
    await mkdir(join(mirror.dir, 'hooks'), { recursive: true });
    for (const hook of ['reference-transaction', 'post-checkout', 'fsmonitor']) {
      await writeFile(join(mirror.dir, 'hooks', hook), `#!/bin/sh\ntouch ${trap}\n`);
      await chmod(join(mirror.dir, 'hooks', hook), 0o755);
    }
    const commit = await mirror.fetchRemote(url(), 'main', local);
    const found = await contents(await mirror.exportTree(commit, '.'));
    expect(found['a.txt']).toBe('$Format:%H$');
    await expect(readFile(trap)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('ends with source.unreachable when the caller gives up', async () => {
    await scratch.commit('origin', { 'a.txt': 'one' });
    await expect(mirror.fetchRemote(url(), 'main', local, AbortSignal.abort())).rejects.toMatchObject({
      code: 'source.unreachable',
    });
  });
});

describe('resolve', () => {
  it('finds branches, tags and ids, and nothing else', async () => {
    const commit = await scratch.commit('origin', { 'a.txt': 'one' });
    await mirror.fetchRemote(url(), 'main', local);
    expect(await mirror.resolve(commit)).toBe(commit);
    expect(await mirror.resolve(`refs/slowlane/commits/${commit}`)).toBe(commit);
    await expect(mirror.resolve('main')).rejects.toMatchObject({ code: 'source.not-found' });
    await expect(mirror.resolve('HEAD~1')).rejects.toMatchObject({ code: 'source.refused' });
  });
});

describe('readTree', () => {
  it('lists the regular files of a folder, sorted, and notes what it leaves out', async () => {
    await scratch.commit('origin', {
      'app/run.sh': { text: '#!', mode: 0o755 },
      'app/B.txt': 'b',
      'app/a/ü.txt': 'ü',
      'other/x': 'x',
    });
    await symlink('/etc/passwd', join(scratch.folder, 'origin/app/link'));
    const commit = await scratch.commit('origin', {});
    await mirror.fetchRemote(url(), 'main', local);
    const tree = await mirror.readTree(commit, 'app/');
    expect(tree.entries).toEqual([
      { path: 'B.txt', size: 1, mode: '100644' },
      { path: 'a/ü.txt', size: 2, mode: '100644' },
      { path: 'run.sh', size: 2, mode: '100755' },
    ]);
    expect(tree.notes).toEqual(['"link" is left out: a symbolic link']);
    expect(await contents(tree)).toEqual({ 'B.txt': 'b', 'a/ü.txt': 'ü', 'run.sh': '#!' });
  });

  it('notes submodules instead of following them', async () => {
    const other = await scratch.commit('other', { x: 'x' });
    await scratch.commit('origin', { 'a.txt': 'one' });
    await scratch.git('origin', 'update-index', '--add', '--cacheinfo', `160000,${other},sub`);
    await scratch.git('origin', 'commit', '--quiet', '--message', 'sub');
    const commit = await mirror.fetchRemote(url(), 'main', local);
    const tree = await mirror.readTree(commit, '.');
    expect(tree.notes).toEqual(['"sub" is left out: a submodule']);
    expect(tree.entries.map((entry) => entry.path)).toEqual(['a.txt']);
  });

  it('gives bytes as they are, and the same object twice when two files are equal', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0, 128]).toString('latin1');
    await scratch.commit('origin', { empty: '' });
    await writeFile(join(scratch.folder, 'origin/one.bin'), Buffer.from(bytes, 'latin1'));
    await writeFile(join(scratch.folder, 'origin/two.bin'), Buffer.from(bytes, 'latin1'));
    await scratch.commit('origin', {});
    const commit = await mirror.fetchRemote(url(), 'main', local);
    const tree = await mirror.readTree(commit, '.');
    const found: string[] = [];
    for await (const { content } of tree.read(tree.entries)) found.push(content.toString('latin1'));
    expect(found).toEqual(['', bytes, bytes]);
  });

  it.each([
    ['a folder that is not there', 'nowhere', 'source.not-found'],
    ['a file', 'a.txt', 'source.not-found'],
    ['a path out of the repository', '../x', 'source.refused'],
    ['an absolute path', '/etc', 'source.refused'],
  ])('refuses %s', async (_what, path, code) => {
    await scratch.commit('origin', { 'a.txt': 'one' });
    const commit = await mirror.fetchRemote(url(), 'main', local);
    await expect(mirror.readTree(commit, path)).rejects.toMatchObject({ code });
  });

  it('refuses a tree above its limits', async () => {
    await scratch.commit('origin', { a: '0123456789', b: '0123456789', c: '0' });
    const dir = join(scratch.folder, 'small.git');
    const small = (limits: Partial<typeof sourceLimits>) =>
      openMirror({ dir, gitPath, limits: { ...sourceLimits, ...limits } });
    const commit = await (await small({})).fetchRemote(url(), 'main', local);
    for (const limits of [{ maxEntries: 2 }, { maxBytes: 15 }, { maxFileBytes: 9 }]) {
      await expect((await small(limits)).readTree(commit, '.')).rejects.toMatchObject({ code: 'source.too-large' });
    }
  });

  it('stops at the limit of a tree that lists files without end', async () => {
    await scratch.commit('origin', { x: 'x' });
    let tree = await scratch.git('origin', 'rev-parse', 'HEAD^{tree}');
    // Each level holds the one below ten times: 10^7 files out of eight small objects.
    for (let level = 0; level < 7; level++) {
      const input = join(scratch.folder, 'level');
      const id = Buffer.from(tree, 'hex');
      await writeFile(
        input,
        Buffer.concat([...'0123456789'].map((name) => Buffer.concat([Buffer.from(`40000 ${name}\0`), id]))),
      );
      tree = await scratch.git('origin', 'hash-object', '-t', 'tree', '-w', input);
    }
    const commit = await scratch.git('origin', 'commit-tree', tree, '-m', 'bomb');
    await scratch.git('origin', 'branch', 'bomb', commit);
    await mirror.fetchRemote(url(), 'bomb', local);
    await expect(mirror.readTree(commit, '.')).rejects.toMatchObject({ code: 'source.too-large' });
  });

  it('refuses names that differ only by case', async () => {
    const commit = await scratch.commit('origin', { 'README.md': 'a', 'readme.md': 'b' });
    await mirror.fetchRemote(url(), 'main', local);
    await expect(mirror.readTree(commit, '.')).rejects.toMatchObject({
      code: 'source.refused',
      message: expect.stringContaining('by case'),
    });
  });
});

describe('exportTree and exportArchive', () => {
  const files = { 'src/b.txt': 'b', 'src/a/run.sh': { text: '#!', mode: 0o755 }, 'build.sbt': 'x', 'src-2/c': 'c' };

  it('give the same digest and the same tar for the same tree, from git, from a tar and from a tar.gz', async () => {
    const commit = await scratch.commit('origin', files);
    await mirror.fetchRemote(url(), 'main', local);
    const fromGit = await mirror.exportTree(commit, '.');
    const expected = await buffer(fromGit.tar());
    for (const gzip of [false, true]) {
      const packed = await packFolder(join(scratch.folder, 'origin'), (path) => path !== '.git', { gzip });
      const bytes = await buffer(packed.stream);
      const fromArchive = await exportArchive(async () => Readable.from([bytes]));
      expect(fromArchive.treeDigest).toBe(fromGit.treeDigest);
      expect((await buffer(fromArchive.tar())).equals(expected)).toBe(true);
    }
    const names: string[] = [];
    await readTar(Readable.from([expected]), archiveLimits, async (entry) => void names.push(entry.path));
    expect(names).toEqual(['build.sbt', 'src-2/c', 'src/a/run.sh', 'src/b.txt']);
  });

  it('have another digest for another content, mode or name', async () => {
    const digests = new Set<string>();
    for (const change of [
      {},
      { 'build.sbt': 'y' },
      { 'build.sbt': { text: 'x', mode: 0o755 } },
      { 'build2.sbt': 'x' },
    ]) {
      const commit = await scratch.commit('origin', { ...files, ...change });
      await mirror.fetchRemote(url(), 'main', local);
      digests.add((await mirror.exportTree(commit, '.')).treeDigest);
    }
    expect(digests.size).toBe(4);
  });

  it('take a folder of the archive as the project', async () => {
    const tar = await buffer(packTar([file('app/a.txt', 'a'), file('app/sub/b.txt', 'b'), file('apple/c.txt', 'c')]));
    const open = async () => Readable.from([tar]);
    const tree = await exportArchive(open, { path: 'app' });
    expect(await contents(tree)).toEqual({ 'a.txt': 'a', 'sub/b.txt': 'b' });
    await expect(exportArchive(open, { path: 'nowhere' })).rejects.toMatchObject({ code: 'source.not-found' });
    await expect(exportArchive(open, { path: '../x' })).rejects.toMatchObject({ code: 'source.refused' });
  });

  it('read an archive that is too large to keep in several passes, in the order of the tree', async () => {
    const big = 'x'.repeat(20 * 1024 ** 2);
    const tar = await buffer(packTar(['d', 'c', 'b', 'a'].map((name) => file(name, name + big))));
    let passes = 0;
    const tree = await exportArchive(async () => (passes++, Readable.from([tar])));
    const order: string[] = [];
    for await (const { entry, content } of tree.read(tree.entries))
      order.push(`${entry.path}${content.toString('latin1', 0, 1)}`);
    expect(order).toEqual(['aa', 'bb', 'cc', 'dd']);
    expect(passes).toBeGreaterThan(2);
    expect((await buffer(tree.tar())).length).toBeGreaterThan(80 * 1024 ** 2);
  });

  it('refuse what the limits forbid', async () => {
    const tar = await buffer(packTar([file('a', '0123456789'), file('b', '0123456789')]));
    const open = async () => Readable.from([tar]);
    await expect(exportArchive(open, { limits: { ...sourceLimits, maxFileBytes: 9 } })).rejects.toMatchObject({
      code: 'source.too-large',
    });
    await expect(exportArchive(open, { limits: { ...sourceLimits, maxBytes: 15 } })).rejects.toMatchObject({
      code: 'archive.refused',
    });
  });
});

describe('snapshotTree', () => {
  it('holds every entry, and the text of what the globs match within their caps', async () => {
    const tree = treeOf({
      'build.sbt': 'name := "x"',
      'project/build.properties': 'sbt.version=1',
      'src/Main.scala': 'object Main',
      big: 'x'.repeat(50),
    });
    expect(
      await snapshotTree(tree, [
        { glob: '*.sbt', maxBytes: 100 },
        { glob: 'project/**', maxBytes: 100 },
        { glob: 'big', maxBytes: 49 },
      ]),
    ).toEqual({
      entries: tree.entries.map(({ path, size }) => ({ path, size })),
      contents: { 'build.sbt': 'name := "x"', 'project/build.properties': 'sbt.version=1' },
    });
  });

  it('lists a file that is no UTF-8 without its contents', async () => {
    const tree = treeOf({ 'a.py': Buffer.from([0xff, 0xfe, 0x00]), 'b.py': '' });
    expect((await snapshotTree(tree, [{ glob: '**/*.py', maxBytes: 100 }])).contents).toEqual({ 'b.py': '' });
  });

  it('refuses more text than a plugin can be sent', async () => {
    const tree = treeOf(
      Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`f${index}`, 'x'.repeat(1024 ** 2)])),
    );
    await expect(snapshotTree(tree, [{ glob: '*', maxBytes: 2 * 1024 ** 2 }])).rejects.toMatchObject({
      code: 'source.too-large',
    });
  });
});

function file(path: string, text: string) {
  return { path, kind: 'file' as const, size: Buffer.byteLength(text), content: () => Buffer.from(text) };
}

function treeOf(files: Record<string, string | Buffer>): SourceTree {
  const entries = Object.entries(files).map(([path, content]) => ({
    path,
    size: Buffer.byteLength(content),
    mode: '100644' as const,
  }));
  return {
    entries,
    notes: [],
    async *read(wanted) {
      for (const entry of wanted) yield { entry, content: Buffer.from(files[entry.path] as string) };
    },
  };
}

async function contents(tree: SourceTree): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { entry, content } of tree.read(tree.entries)) found[entry.path] = content.toString();
  return found;
}
