import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PinnedRecord } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import type { DebianPackage } from './installed-packages.ts';

/** A root file system that was made from Debian packages and is kept as it was. */
export interface PinnedRoot {
  digest: string;
  /** Of the tar that it was unpacked from: what another machine has to get for the same root. */
  tarDigest: string;
  suite: string;
  packages: DebianPackage[];
  /** Where it lies on this machine. */
  folder: string;
}

/** What was asked for. */
export interface PinRequest {
  /** Folder of all pinned roots. */
  roots: string;
  suite: string;
  packages: readonly string[];
}

/** The one that was made for this request, if any. */
export function findPinnedRoot(request: PinRequest): PinnedRoot | undefined {
  const file = recordFile(request);
  if (!existsSync(file)) return undefined;
  const { v: _, folder, ...rest } = PinnedRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  const place = path.join(request.roots, path.basename(folder));
  return existsSync(`${place}/usr`) ? { ...rest, folder: place } : undefined;
}

export function recordFile({ roots, suite, packages }: PinRequest): string {
  return path.join(roots, `${sha256(canonicalJson({ suite, packages: [...packages].sort() })).slice(0, 16)}.json`);
}

export function pinnedDigest(packages: readonly DebianPackage[], tarDigest: string): string {
  const lines = packages.map(({ name, version }) => `${name} ${version}`).sort();
  return `sha256:${sha256(canonicalJson({ v: 1, packages: lines, tar: tarDigest }))}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
