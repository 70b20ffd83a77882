import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mapGitFailure } from './git-failure.ts';
import { type GitPlace, runGit } from './git.ts';
import { sourceLimits, tooLarge } from './source-tree.ts';

/**
 * Takes the objects of a self-contained (not thin) pack, as `git pack-objects --stdout` writes it, into the mirror, checked by
 * `index-pack --strict`: what the pack refers to must be in it or in the mirror. The pack is checked in a folder of its own and shows up
 * in the mirror only when it is whole. `source.refused`, `source.too-large`.
 */
export async function importPack(mirror: GitPlace, pack: Readable, options: { maxBytes?: number } = {}): Promise<void> {
  const folder = join(mirror.dir, 'incoming', randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = join(folder, 'new.pack');
    await pipeline(
      pack,
      limited(options.maxBytes ?? sourceLimits.maxBytes),
      createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
    );
    const id = await check(mirror, file);
    await publish(folder, join(mirror.dir, 'objects', 'pack'), id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function limited(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes > maxBytes) callback(tooLarge(`the pack is larger than ${maxBytes} bytes`));
      else callback(null, chunk);
    },
  });
}

async function check(mirror: GitPlace, file: string): Promise<string> {
  try {
    return (await runGit(mirror, ['index-pack', '--strict', file])).trim();
  } catch (error) {
    throw mapGitFailure(error, 'the objects that came', 'source.refused');
  }
}

/** git looks for the `.idx`: it comes last. A pack of the same id has the same objects and is simply replaced. */
async function publish(folder: string, target: string, id: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const suffixes = (await readdir(folder)).map((name) => name.slice('new.'.length)).sort((a, b) => rank(a) - rank(b));
  for (const suffix of suffixes) await rename(join(folder, `new.${suffix}`), join(target, `pack-${id}.${suffix}`));
}

function rank(suffix: string): number {
  return suffix === 'pack' ? 0 : suffix === 'idx' ? 2 : 1;
}
