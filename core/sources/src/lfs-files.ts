import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { type BlobStore, SlowLaneError } from '@slowlane/contracts';
import type { FetchSandbox } from './fetch-sandbox.ts';
import { checkGitUrl, type FetchAllowance } from './git-url.ts';
import { askLfsServer } from './lfs-over-ssh.ts';
import { parseLfsPointer } from './lfs-pointer.ts';
import { checkedEntries, type SourceEntry, type SourceLimits, type SourceTree, tooLarge } from './source-tree.ts';

export interface LfsOrder {
  url: string | undefined;
  allow: FetchAllowance;
  fetchIn: FetchSandbox | undefined;
  blobs: BlobStore;
  limits: SourceLimits;
  signal: AbortSignal;
}

const MAX_POINTER_BYTES = 1_024;
const MAX_FILES = 1_000;

/** The tree with the files that its pointers name, fetched into the blob store. Every file that is a pointer counts, whatever `.gitattributes` says. */
export async function withLfsFiles<T extends SourceTree>(tree: T, order: LfsOrder): Promise<T> {
  const pointers = await pointersIn(tree);
  if (pointers.size === 0) return tree;
  if (pointers.size > MAX_FILES) throw tooLarge(`${pointers.size} LFS files, at most ${MAX_FILES}`);
  const resized = tree.entries.map((entry) => ({ ...entry, size: pointers.get(entry.path)?.size ?? entry.size }));
  // Before anything is fetched: the sizes are the pointers' own claim, and are held to it.
  const entries = checkedEntries(resized, order.limits);
  await fetchAll(order, [...new Map([...pointers.values()].map((file) => [file.digest, file])).values()]);
  const original = new Map(tree.entries.map((entry) => [entry.path, entry]));
  return { ...tree, entries, read: (wanted) => read({ tree, original, pointers, blobs: order.blobs }, wanted) };
}

type Pointers = ReadonlyMap<string, { digest: `sha256:${string}`; size: number }>;

async function pointersIn(tree: SourceTree): Promise<Pointers> {
  const pointers = new Map<string, { digest: `sha256:${string}`; size: number }>();
  const small = tree.entries.filter(({ size }) => size > 0 && size <= MAX_POINTER_BYTES);
  for await (const { entry, content } of tree.read(small)) {
    const pointer = parseLfsPointer(content);
    if (pointer !== undefined) pointers.set(entry.path, pointer);
  }
  return pointers;
}

async function fetchAll(order: LfsOrder, files: readonly { digest: string; size: number }[]): Promise<void> {
  const { url, allow, fetchIn, limits, signal } = order;
  if (url === undefined) {
    throw new SlowLaneError(
      'source.refused',
      'source.lfs: a pushed repository has no server that keeps its LFS files',
      {
        hint: 'Name the repository under source.git, or take lfs out.',
      },
    );
  }
  if (fetchIn === undefined)
    throw new SlowLaneError('sandbox.unavailable', `${url}: there is no gateway to fetch it by`);
  const checked = checkGitUrl(url, { ...allow, protocols: ['https', 'ssh'] });
  const common = { id: randomUUID(), url: checked.href, maxBytes: limits.maxBytes, files, signal };
  if (checked.protocol !== 'ssh:')
    return fetchIn.gateway.fetchLfs({ ...common, mayBePrivate: allow.hosts.includes(checked.host) });
  const { mayBePrivate, ...server } = await askLfsServer({ fetchIn, url: checked, allow, limits, signal });
  await fetchIn.gateway.fetchLfs({ ...common, mayBePrivate, server });
}

interface Reading {
  tree: SourceTree;
  original: ReadonlyMap<string, SourceEntry>;
  pointers: Pointers;
  blobs: BlobStore;
}

/** Runs of plain files are read at once, as the tree does it. */
async function* read(
  { tree, original, pointers, blobs }: Reading,
  wanted: readonly SourceEntry[],
): AsyncGenerator<{ entry: SourceEntry; content: Buffer }> {
  let plain: SourceEntry[] = [];
  for (const entry of wanted) {
    const pointer = pointers.get(entry.path);
    if (pointer === undefined) {
      plain.push(original.get(entry.path) ?? entry);
      continue;
    }
    yield* tree.read(plain);
    plain = [];
    yield { entry, content: await buffer((await blobs.open(pointer.digest)).stream) };
  }
  yield* tree.read(plain);
}
