import { putJson, readJsonBlob } from '@slowlane/artifacts';
import type { BlobStore, Digest, ServedFile } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';

/** What a resolve phase was served, and when: the blob that the mark in a kept work volume names. */
export interface DependencyRecord {
  served: ServedFile[];
  /** Epoch milliseconds. */
  resolvedAt: number;
}

/** Of a set whose resolution may come out differently tomorrow. */
export const defaultMaxAgeMs = 24 * 3_600_000;

export async function keepRecord(blobs: BlobStore, record: DependencyRecord): Promise<Digest> {
  return (await putJson(blobs, record)).digest;
}

/** `undefined` when it is not (or no longer) there: without it nobody could say what a build was made of. */
export async function readRecord(blobs: BlobStore, digest: Digest): Promise<DependencyRecord | undefined> {
  if (!(await blobs.has(digest))) return undefined;
  const found = (await readJsonBlob(blobs, digest)) as Partial<DependencyRecord> | null;
  if (!Array.isArray(found?.served) || typeof found.resolvedAt !== 'number') return undefined;
  return { served: found.served, resolvedAt: found.resolvedAt };
}

/**
 * Whether the same dependency files may lead to other versions: an index, a list of versions or a SNAPSHOT was asked for. A set of which every
 * file has an immutable coordinate never ages.
 */
export function isFloating({ served }: Pick<DependencyRecord, 'served'>): boolean {
  return served.some((file) => !file.immutable);
}

/** Why a known set is resolved again all the same; `undefined`: it is good as it is. */
export function whyAgain(record: DependencyRecord, at: { now: number; maxAgeMs: number }): string | undefined {
  const age = at.now - record.resolvedAt;
  if (!isFloating(record) || age < at.maxAgeMs) return undefined;
  return `versions may have changed since it was resolved ${formatDuration(age)} ago (limit: build.refresh_after, ${formatDuration(at.maxAgeMs)})`;
}
