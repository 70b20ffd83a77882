import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createScratch, gitPath, type Scratch } from './__fixtures__/scratch-repository.ts';
import { exportArchive } from './archive-tree.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { sourceLimits, type SourceTree } from './source-tree.ts';
import { tarBytes, type RawTarEntry } from './__fixtures__/raw-tar.ts';

/** An entry of a tree object as its bytes have it: mode, name, and what it names. */
type RawTreeEntry = [mode: string, name: string, what?: 'folder' | 'link to /etc/passwd'];

/** What becomes of it: a code (refused), or the paths that remain with what is said about the others. */
type Outcome = string | { paths: string[]; notes?: string[] };

interface Attack {
  name: string;
  /** Absent where git has no such thing. */
  git?: { tree: RawTreeEntry[]; outcome: Outcome };
  tar: { entries: RawTarEntry[]; outcome: Outcome };
}

const passwd = { path: 'link', type: '2', linkpath: '/etc/passwd' } as const;
const good: RawTarEntry = { path: 'a.txt', content: 'a' };
const own = (path: string): Outcome => ({
  paths: ['a.txt'],
  notes: [`${JSON.stringify(path)} is left out: the folder of a repository`],
});

const attacks: Attack[] = [
  {
    name: 'a link to a file of the machine',
    git: {
      tree: [
        ['100644', 'a.txt'],
        ['120000', 'link', 'link to /etc/passwd'],
      ],
      outcome: { paths: ['a.txt'], notes: ['"link" is left out: a symbolic link'] },
    },
    tar: { entries: [good, passwd], outcome: 'archive.refused' },
  },
  {
    name: 'a link out of the tree',
    tar: { entries: [{ ...passwd, linkpath: '../../x' }], outcome: 'archive.refused' },
  },
  {
    name: 'a link, and a file that would be written through it',
    git: {
      tree: [
        ['120000', 'link', 'link to /etc/passwd'],
        ['40000', 'link', 'folder'],
      ],
      outcome: 'source.refused',
    },
    tar: {
      entries: [
        { ...passwd, linkpath: '/tmp' },
        { path: 'link/x', content: 'x' },
      ],
      outcome: 'archive.refused',
    },
  },
  {
    name: 'a hard link',
    tar: { entries: [good, { path: 'b', type: '1', linkpath: 'a.txt' }], outcome: 'archive.refused' },
  },
  { name: 'a device', tar: { entries: [{ path: 'd', type: '3' }], outcome: 'archive.refused' } },
  { name: 'a named pipe', tar: { entries: [{ path: 'p', type: '6' }], outcome: 'archive.refused' } },
  {
    name: 'a path out of the tree',
    git: { tree: [['40000', '..', 'folder']], outcome: 'source.refused' },
    tar: { entries: [{ path: '../x', content: 'x' }], outcome: 'archive.refused' },
  },
  {
    name: 'an absolute path',
    git: { tree: [['100644', '/etc/x']], outcome: 'source.refused' },
    tar: { entries: [{ path: '/etc/x', content: 'x' }], outcome: 'archive.refused' },
  },
  {
    name: '.git with settings of its own (fsmonitor)',
    git: { tree: [['40000', '.git', 'folder']], outcome: 'source.refused' },
    tar: {
      entries: [good, { path: '.git/config', content: '[core]\n\tfsmonitor = touch trap\n' }],
      outcome: own('.git'),
    },
  },
  {
    name: '.git in capitals',
    git: { tree: [['40000', '.GIT', 'folder']], outcome: 'source.refused' },
    tar: {
      entries: [good, { path: 'sub/.GIT/hooks/post-checkout', content: '#!/bin/sh\n' }],
      outcome: own('sub/.GIT'),
    },
  },
  {
    name: '.git by its short name',
    git: { tree: [['40000', 'git~1', 'folder']], outcome: 'source.refused' },
    tar: { entries: [good, { path: 'git~1/config', content: 'x' }], outcome: own('git~1') },
  },
  {
    name: '.git with a character that some file systems do not see',
    git: { tree: [['40000', '.g\u200cit', 'folder']], outcome: 'source.refused' },
    tar: { entries: [good, { path: '.g\u200cit/config', content: 'x' }], outcome: own('.g\u200cit') },
  },
  {
    name: 'two names that differ by case',
    git: {
      tree: [
        ['100644', 'README'],
        ['100644', 'readme'],
      ],
      outcome: 'source.refused',
    },
    tar: {
      entries: [
        { path: 'README', content: '' },
        { path: 'readme', content: '' },
      ],
      outcome: 'archive.refused',
    },
  },
  {
    name: 'two names that differ in how an accent is written',
    git: {
      tree: [
        ['100644', 'e\u0301'],
        ['100644', '\u00e9'],
      ],
      outcome: 'source.refused',
    },
    tar: {
      entries: [
        { path: 'e\u0301', content: '' },
        { path: '\u00e9', content: '' },
      ],
      outcome: 'archive.refused',
    },
  },
  {
    name: 'one name twice',
    git: {
      tree: [
        ['100644', 'a'],
        ['100644', 'a'],
      ],
      outcome: 'source.refused',
    },
    tar: {
      entries: [
        { path: 'a', content: '' },
        { path: 'a', content: '' },
      ],
      outcome: 'archive.refused',
    },
  },
  {
    name: 'a name that writes to a terminal',
    git: { tree: [['100644', 'a\u001b[31m']], outcome: 'source.refused' },
    tar: { entries: [{ path: 'a\u001b[31m', content: '' }], outcome: 'archive.refused' },
  },
  {
    name: 'a file that whoever runs it becomes another by',
    tar: { entries: [{ path: 'a', mode: 0o4755, content: '' }], outcome: 'archive.refused' },
  },
  {
    name: 'more files than are taken',
    git: {
      tree: [
        ['100644', 'a'],
        ['100644', 'b'],
        ['100644', 'c'],
      ],
      outcome: 'source.too-large',
    },
    tar: { entries: ['a', 'b', 'c'].map((path) => ({ path, content: '' })), outcome: 'archive.refused' },
  },
  {
    name: 'a file that unpacks to far more than it is',
    tar: { entries: [{ path: 'zeros', content: '\0'.repeat(8_000_000) }], outcome: 'archive.refused' },
  },
];

const limits = { ...sourceLimits, maxEntries: 2 };
let scratch: Scratch;
let mirror: Mirror;
beforeEach(async () => {
  scratch = await createScratch();
  mirror = await openMirror({ dir: join(scratch.folder, 'mirror.git'), gitPath, limits });
});
afterEach(() => scratch.remove());

const fromGit = attacks.flatMap(({ name, git }) => (git === undefined ? [] : [{ name, ...git }]));

it.each(fromGit)('from git, $name does nothing', async ({ tree, outcome }) => {
  const commit = await commitOf(tree);
  await expectOutcome(async () => {
    await mirror.fetchRemote(`file://${scratch.folder}/origin`, 'evil', { protocols: ['file'], hosts: [] });
    return mirror.exportTree(commit, '.');
  }, outcome);
});

it.each(attacks)('from an archive, $name does nothing', async ({ tar }) => {
  const bytes = gzipSync(tarBytes(tar.entries));
  await expectOutcome(() => exportArchive(async () => Readable.from([bytes]), { limits }), tar.outcome);
});

it('links of a tree are never read through: what stands in them is their own text, and it is left out', async () => {
  const commit = await commitOf([
    ['100644', 'a.txt'],
    ['120000', 'link', 'link to /etc/passwd'],
  ]);
  await mirror.fetchRemote(`file://${scratch.folder}/origin`, 'evil', { protocols: ['file'], hosts: [] });
  const tree = await mirror.exportTree(commit, '.');
  const texts: string[] = [];
  for await (const { content } of tree.read(tree.entries)) texts.push(content.toString());
  expect(texts).toEqual(['text']);
  expect(texts.join('')).not.toContain((await readFile('/etc/passwd', 'utf8')).slice(0, 4));
});

/** A tree object of just these bytes: git's own commands would not make it. */
async function commitOf(entries: readonly RawTreeEntry[]): Promise<string> {
  const names = { file: 'text', link: '/etc/passwd' };
  const blobs = { file: await blobOf(names.file), link: await blobOf(names.link) };
  const folder = await treeOf([Buffer.from('100644 x\0'), Buffer.from(blobs.file, 'hex')]);
  const bytes = entries.flatMap(([mode, name, what]) => {
    const id = what === undefined ? blobs.file : what === 'folder' ? folder : blobs.link;
    return [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')];
  });
  const commit = await scratch.git('origin', 'commit-tree', await treeOf(bytes), '-m', 'evil');
  await scratch.git('origin', 'branch', 'evil', commit);
  return commit;
}

async function blobOf(text: string): Promise<string> {
  await writeFile(join(scratch.folder, 'object'), text);
  return scratch.git('origin', 'hash-object', '-w', '--no-filters', join(scratch.folder, 'object'));
}

async function treeOf(bytes: readonly Buffer[]): Promise<string> {
  await writeFile(join(scratch.folder, 'object'), Buffer.concat(bytes));
  return scratch.git('origin', 'hash-object', '-t', 'tree', '-w', '--literally', join(scratch.folder, 'object'));
}

async function expectOutcome(take: () => Promise<SourceTree>, outcome: Outcome): Promise<void> {
  if (typeof outcome === 'string') {
    await expect(take()).rejects.toMatchObject({ code: outcome });
    return;
  }
  const tree = await take();
  expect({ paths: tree.entries.map(({ path }) => path), notes: tree.notes }).toEqual({ notes: [], ...outcome });
}
