import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, type GitGateway, SlowLaneError } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import type { TreeExtras } from './complete-tree.ts';
import { createScratch, gitPath, type Scratch } from './__fixtures__/scratch-repository.ts';
import type { FetchAllowance } from './git-url.ts';
import { parseLfsPointer } from './lfs-pointer.ts';
import { type Mirror, openMirror } from './mirror.ts';
import type { SourceTree } from './source-tree.ts';

const local: FetchAllowance = { protocols: ['file'], hosts: [] };
let scratch: Scratch;
let mirror: Mirror;

beforeEach(async () => {
  scratch = await createScratch();
  mirror = await openMirror({ dir: join(scratch.folder, 'mirror.git'), gitPath });
});
afterEach(() => scratch.remove());

const url = (name: string) => `file://${scratch.folder}/${name}`;
const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const pointer = (text: string) =>
  `version https://git-lfs.github.com/spec/v1\noid ${digest(text)}\nsize ${Buffer.byteLength(text)}\n`;

/** A commit of `name` with a submodule at `path`, declared at `address`. */
async function withSubmodule(name: string, path: string, of: { commit: string; address: string }): Promise<string> {
  await scratch.commit(name, {
    'own.txt': name,
    '.gitmodules': `[submodule "x"]\n\tpath = ${path}\n\turl = "${of.address}"\n`,
  });
  await scratch.git(name, 'update-index', '--add', '--cacheinfo', `160000,${of.commit},${path}`);
  await scratch.git(name, 'commit', '--quiet', '--message', 'submodule');
  return scratch.git(name, 'rev-parse', 'HEAD');
}

async function exported(name: string, changes: Partial<TreeExtras> = {}, path = '.') {
  const commit = await mirror.fetchRemote(url(name), 'main', local);
  return mirror.exportTree(commit, path, {
    submodules: true,
    lfs: false,
    url: url(name),
    allow: local,
    blobs: memoryBlobs(),
    signal: new AbortController().signal,
    ...changes,
  });
}

describe('submodules', () => {
  it('are part of the tree and its digest, at the commit that the repository names', async () => {
    const lib = await scratch.commit('lib', { 'lib.txt': 'old', 'a/deep.txt': 'deep' });
    await scratch.commit('lib', { 'lib.txt': 'new' });
    await withSubmodule('job', 'vendor/lib', { commit: lib, address: '../lib' });
    const tree = await exported('job');
    expect(await contents(tree)).toEqual({
      '.gitmodules': expect.any(String),
      'own.txt': 'job',
      'vendor/lib/a/deep.txt': 'deep',
      'vendor/lib/lib.txt': 'old',
    });
    expect(tree.notes).toEqual([]);
    const without = await exported('job', { submodules: false });
    expect(without.notes).toEqual(['"vendor/lib" is left out: a submodule']);
    expect(without.treeDigest).not.toBe(tree.treeDigest);
  });

  it('are found below the project folder, and within each other', async () => {
    const inner = await scratch.commit('inner', { 'inner.txt': 'inner' });
    const lib = await withSubmodule('lib', 'in', { commit: inner, address: url('inner') });
    await scratch.commit('job', { 'app/app.txt': 'app' });
    await withSubmodule('job', 'app/lib', { commit: lib, address: url('lib') });
    expect(Object.keys(await contents(await exported('job', {}, 'app')))).toEqual([
      'app.txt',
      'lib/.gitmodules',
      'lib/in/inner.txt',
      'lib/own.txt',
    ]);
  });

  it('are refused with the whole repository when they name a command', async () => {
    await scratch.commit('job', {
      '.gitmodules': '[submodule "x"]\n\tpath = lib\n\turl = ../lib\n\tupdate = !touch trap\n',
    });
    await expect(exported('job')).rejects.toMatchObject({ code: 'source.refused' });
  });

  it.each([
    ['a transport helper', 'ext::sh -c touch% trap', 'source.refused'],
    ['an option', '--upload-pack=touch trap', 'source.refused'],
    ['another protocol', 'http://example.org/lib.git', 'source.refused'],
    ['credentials', 'https://ada:pw@example.org/lib.git', 'source.refused'],
    ['a repository that is not there', '../nowhere', 'source.not-found'],
  ])('are refused when their address is %s', async (_what, address, code) => {
    const lib = await scratch.commit('lib', { 'lib.txt': 'old' });
    await withSubmodule('job', 'lib', { commit: lib, address });
    await expect(exported('job')).rejects.toMatchObject({ code });
  });

  it('are refused where nothing says where they are, or only beside a repository that has no address', async () => {
    const lib = await scratch.commit('lib', { 'lib.txt': 'old' });
    await withSubmodule('job', 'lib', { commit: lib, address: '../lib' });
    await expect(exported('job', { url: undefined })).rejects.toMatchObject({
      code: 'source.refused',
      hint: expect.stringMatching(/whole https addresses/),
    });
    await scratch.commit('odd', { '.gitmodules': '[submodule "y"]\n\tpath = other\n\turl = ../lib\n' });
    await scratch.git('odd', 'update-index', '--add', '--cacheinfo', `160000,${lib},lib`);
    await scratch.git('odd', 'commit', '--quiet', '--message', 'submodule');
    await expect(exported('odd')).rejects.toThrow(/"lib": it is not in \.gitmodules/);
  });

  it('are bounded in depth', async () => {
    let below = await scratch.commit('m0', { 'end.txt': 'end' });
    for (const level of [1, 2, 3, 4]) {
      below = await withSubmodule(`m${level}`, 'd', { commit: below, address: `../m${level - 1}` });
    }
    expect(Object.keys(await contents(await exported('m3')))).toContain('d/d/d/end.txt');
    await expect(exported('m4')).rejects.toThrow(/more than 3 levels/);
  });

  it('are bounded in number', { timeout: 30_000 }, async () => {
    const lib = await scratch.commit('lib', { 'lib.txt': 'old' });
    const names = Array.from({ length: 21 }, (_, index) => `s${index}`);
    const declared = names.map((name) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ../lib\n`).join('');
    await scratch.commit('job', { '.gitmodules': declared });
    for (const name of names) await scratch.git('job', 'update-index', '--add', '--cacheinfo', `160000,${lib},${name}`);
    await scratch.git('job', 'commit', '--quiet', '--message', 'many');
    await expect(exported('job')).rejects.toThrow(/more than 20 submodules/);
  });
});

describe('LFS files', () => {
  const remote = 'https://git.example.org/team/job.git';
  const allow: FetchAllowance = { protocols: ['file', 'https'], hosts: ['git.example.org'] };

  it('stand in the place of their pointers, and count in the digest', async () => {
    const blobs = memoryBlobs();
    const asked: unknown[] = [];
    const gateway = gatewayThat(async ({ files, url: of }) => {
      asked.push({ of, files });
      await blobs.put(Readable.from([Buffer.from('large content')]));
    });
    mirror = await openMirror({ dir: join(scratch.folder, 'lfs.git'), gitPath, fetchIn: { ...noSandbox, gateway } });
    await scratch.commit('job', { 'a.txt': 'a', 'data.bin': pointer('large content'), 'z.txt': 'z' });
    const tree = await exported('job', { lfs: true, url: remote, allow, blobs });
    expect(await contents(tree)).toEqual({ 'a.txt': 'a', 'data.bin': 'large content', 'z.txt': 'z' });
    expect(tree.entries.find(({ path }) => path === 'data.bin')?.size).toBe(13);
    expect(asked).toEqual([{ of: remote, files: [{ digest: digest('large content'), size: 13 }] }]);
    const without = await exported('job', { lfs: false });
    expect((await contents(without))['data.bin']).toBe(pointer('large content'));
    expect(without.treeDigest).not.toBe(tree.treeDigest);
  });

  it('are not asked for when their sizes are above the limits, and not of a pushed repository', async () => {
    const gateway = gatewayThat(() => Promise.reject(new Error('asked')));
    mirror = await openMirror({ dir: join(scratch.folder, 'lfs.git'), gitPath, fetchIn: { ...noSandbox, gateway } });
    const huge = pointer('x').replace(/size .*/, 'size 999999999999');
    await scratch.commit('job', { 'data.bin': huge });
    await expect(exported('job', { lfs: true, url: remote, allow })).rejects.toMatchObject({
      code: 'source.too-large',
    });
    await scratch.commit('job', { 'data.bin': pointer('x') });
    await expect(exported('job', { lfs: true, url: undefined, allow })).rejects.toMatchObject({
      code: 'source.refused',
      message: expect.stringMatching(/pushed repository/),
    });
  });

  it.each([
    ['a path in place of the digest', pointer('x').replace(/sha256:\w+/, 'sha256:../../etc/passwd')],
    ['another digest', pointer('x').replace('sha256:', 'sha512:')],
    ['more lines', pointer('x').replace('size', 'ext-0-foo sha256:00\nsize')],
    ['a negative size', pointer('x').replace(/size .*/, 'size -1')],
    ['text before it', `# ${pointer('x')}`],
  ])('are only what a pointer names: %s is a plain file', (_what, text) => {
    expect(parseLfsPointer(Buffer.from(text))).toBeUndefined();
  });
});

const noSandbox = {
  driver: { create: () => Promise.reject(new Error('a sandbox was started')) } as never,
  root: () => {
    throw new Error('a root was asked for');
  },
};

function gatewayThat(fetchLfs: GitGateway['fetchLfs']): GitGateway {
  return { openGit: () => Promise.reject(new Error('a door was opened')), fetchLfs };
}

/** Only what these tests use. */
function memoryBlobs(): BlobStore {
  const kept = new Map<string, Buffer>();
  return {
    async put(stream: Readable) {
      const bytes = Buffer.concat((await stream.toArray()) as Buffer[]);
      kept.set(digest(bytes.toString()), bytes);
      return { digest: digest(bytes.toString()), size: bytes.length };
    },
    async open(of: string) {
      const bytes = kept.get(of);
      if (bytes === undefined) throw new SlowLaneError('artifact.corrupt', of);
      return { stream: Readable.from([bytes]), size: bytes.length };
    },
  } as unknown as BlobStore;
}

async function contents(tree: SourceTree): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { entry, content } of tree.read(tree.entries)) found[entry.path] = content.toString();
  return found;
}
