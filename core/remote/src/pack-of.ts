import { join, sep } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import { gitEnvironment } from './git-environment.ts';

export interface PackOptions {
  gitPath: string;
  /** The bare repository. */
  repository: string;
  /** Quarantine of the push as the hook named it; empty = none. */
  objectFolder: string;
}

/** A commit and its whole history as a pack stream, read from the quarantine of a push that git has not taken yet. */
export function packOf(commit: string, options: PackOptions): { pack: Readable; done: Promise<void> } {
  const objects = join(options.repository, 'objects');
  const isQuarantine = options.objectFolder.startsWith(objects + sep);
  const program = start([options.gitPath, 'pack-objects', '--revs', '--stdout', '--quiet', '--delta-base-offset'], {
    cwd: options.repository,
    env: {
      ...gitEnvironment(options.gitPath),
      GIT_DIR: options.repository,
      ...(isQuarantine
        ? { GIT_OBJECT_DIRECTORY: options.objectFolder, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects }
        : {}),
    },
    stdin: 'pipe',
  });
  let words = '';
  program.stderr?.on('data', (bytes: Buffer) => (words = (words + bytes.toString('utf8')).slice(-2_000)));
  program.stdin?.on('error', () => undefined);
  program.stdin?.end(`${commit}\n`);
  const done = program.ended.then(({ exitCode }) => {
    if (exitCode !== 0) throw new SlowLaneError('source.refused', `git cannot pack commit ${commit}: ${words.trim()}`);
  });
  done.catch(() => undefined);
  // Node throws away what nobody reads when the program ends, and the reader may first have a mirror to open.
  return { pack: program.stdout!.pipe(new PassThrough({ highWaterMark: 1_048_576 })), done };
}
