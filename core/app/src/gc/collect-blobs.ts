import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestsIn } from '@slowlane/kit';
import { filesBelow } from '../processes/files-below.ts';

/** A larger file holds contents, not references. */
const MOST_BYTES = 16 * 1_048_576;

export interface GarbageOptions {
  /** SHA-256 (64 hexadecimal digits) of blobs that are needed whatever else says so. */
  roots: ReadonlySet<string>;
  /** Folders whose files may name blobs: build cache, dependency snapshots. */
  references: readonly string[];
  /** A blob younger than this is kept: whoever wrote it may not have said so yet. Milliseconds. */
  graceMs: number;
  now: number;
  dryRun: boolean;
}

export interface Collected {
  kept: number;
  removed: number;
  bytes: number;
}

/**
 * Removes blobs that nothing refers to. A reference is any text that holds the digest; a kept blob that is text refers too, so what a
 * manifest names stays with the manifest. Rather too much stays than too little goes.
 */
export async function collectBlobs(folder: string, options: GarbageOptions): Promise<Collected> {
  const blobs = await blobsBelow(folder);
  const isYoung = ({ mtimeMs }: Blob) => options.now - mtimeMs < options.graceMs;
  const young = [...blobs.values()].filter(isYoung).map(({ name }) => name);
  const named = await Promise.all(options.references.map(digestsBelow));
  const kept = await reachable(blobs, [...options.roots, ...young, ...named.flat()]);
  const garbage = [...blobs.values()].filter(({ name }) => !kept.has(name));
  if (!options.dryRun) for (const { path } of garbage) await rm(path, { force: true });
  return { kept: kept.size, removed: garbage.length, bytes: garbage.reduce((sum, { size }) => sum + size, 0) };
}

interface Blob {
  name: string;
  path: string;
  size: number;
  mtimeMs: number;
}

async function blobsBelow(folder: string): Promise<Map<string, Blob>> {
  const blobs = new Map<string, Blob>();
  for (const path of await filesBelow(join(folder, 'sha256'))) {
    const name = path.split('/').slice(-2).join('');
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const { size, mtimeMs } = await stat(path);
    blobs.set(name, { name, path, size, mtimeMs });
  }
  return blobs;
}

async function reachable(blobs: ReadonlyMap<string, Blob>, roots: readonly string[]): Promise<Set<string>> {
  const kept = new Set<string>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const blob = blobs.get(name);
    if (blob === undefined || kept.has(name)) continue;
    kept.add(name);
    open.push(...(await digestsInFile(blob.path)));
  }
  return kept;
}

async function digestsBelow(folder: string): Promise<string[]> {
  const files = await filesBelow(folder);
  const found = files.flatMap(digestsIn);
  for (const path of files) found.push(...(await digestsInFile(path)));
  return found;
}

async function digestsInFile(path: string): Promise<string[]> {
  if ((await stat(path)).size > MOST_BYTES) return [];
  return digestsIn(await readFile(path, 'latin1'));
}
