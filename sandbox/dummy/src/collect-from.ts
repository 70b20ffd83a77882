import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { matchesGlob } from '@slowlane/kit';
import { run } from '@slowlane/process';

/** A tar of the regular files below a folder that match. */
export async function collectFrom(folder: string, globs: readonly string[]): Promise<Readable> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => globs.some((glob) => matchesGlob(name, glob)))
    .sort();
  const options = [
    '--create',
    '--file=-',
    '--no-recursion',
    '--hard-dereference',
    '--null',
    '--verbatim-files-from',
    '--files-from=-',
  ];
  const result = await run(['/usr/bin/tar', ...options], {
    cwd: folder,
    input: names.map((name) => `${name}\0`).join(''),
    maxOutputBytes: 1_073_741_824,
  });
  if (!result.ok) throw new SlowLaneError('sandbox.failed', `tar: ${result.stderr}`);
  return Readable.from([Buffer.from(result.stdoutBytes)]);
}
