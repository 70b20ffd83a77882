import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { type PackOptions, packTar, type TarInput } from './pack-tar.ts';

/** Whether a path (relative, `/`-separated) goes into the archive; a folder that does not is not entered. */
export type FolderFilter = (path: string, kind: 'file' | 'folder') => boolean;

export interface PackFolderOptions extends PackOptions {
  /** Told of each link and special file that was left out. */
  onSkipped?: (path: string, reason: string) => void;
}

/**
 * Packs a folder as `packTar` does: regular files and folders that the filter takes, nothing else decides. The folder is listed before
 * this returns; the contents are read while the stream is. A folder that is not there: `source.not-found`.
 */
export async function packFolder(
  folder: string,
  filter: FolderFilter,
  options: PackFolderOptions = {},
): Promise<{ stream: Readable; entries: number; bytes: number }> {
  const inputs: TarInput[] = [];
  await list(folder, '', { filter, inputs, onSkipped: options.onSkipped ?? (() => undefined) });
  const bytes = inputs.reduce((sum, input) => sum + (input.kind === 'file' ? input.size : 0), 0);
  return { stream: packTar(inputs, options), entries: inputs.length, bytes };
}

interface Listing {
  filter: FolderFilter;
  inputs: TarInput[];
  onSkipped: (path: string, reason: string) => void;
}

async function list(root: string, below: string, listing: Listing): Promise<void> {
  for (const name of await namesIn(join(root, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const facts = await lstat(join(root, path));
    if (facts.isDirectory()) {
      if (!listing.filter(path, 'folder')) continue;
      listing.inputs.push({ path, kind: 'folder' });
      await list(root, path, listing);
    } else if (!listing.filter(path, 'file')) {
      continue;
    } else if (facts.isFile()) {
      listing.inputs.push(fileInput(root, path, facts));
    } else {
      listing.onSkipped(path, facts.isSymbolicLink() ? 'symbolic link' : 'not a regular file');
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    throw new SlowLaneError('source.not-found', `${folder}: cannot be read as a folder`, { cause: error });
  }
}

function fileInput(root: string, path: string, facts: { size: number; mode: number }): TarInput {
  return {
    path,
    kind: 'file',
    executable: (facts.mode & 0o100) !== 0,
    size: facts.size,
    async content() {
      // What was a file when listed may be a link by now.
      const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
      return file.createReadStream();
    },
  };
}
