import { basename, resolve } from 'node:path';
import { statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { packFolder } from '@slowlane/archive';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';

/** Folders that are never source, where git does not say. */
const never = new Set([
  '.git',
  'node_modules',
  'target',
  '.bsp',
  '.idea',
  '.venv',
  'venv',
  '__pycache__',
  '.metals',
  '.bloop',
]);

/** A `.tar.gz` of a project folder as an author would commit it: what git tracks or would track, else everything but tool folders. */
export async function packSource(folder: string): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
  const root = resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new SlowLaneError('source.not-found', `${folder} is not a folder`, {
      hint: 'Name a folder that is there, or an https address of a git repository.',
    });
  const listed = await gitFiles(root);
  const wanted = listed === undefined ? undefined : new Set(listed);
  const folders = new Set([...(wanted ?? [])].flatMap(parents));
  const keep = (path: string, kind: 'file' | 'folder') => {
    if (wanted !== undefined) return kind === 'file' ? wanted.has(path) : folders.has(path);
    return !path.split('/').some((part) => never.has(part));
  };
  const { stream } = await packFolder(root, keep, { gzip: true });
  return { name: basename(root), bytes: new Uint8Array(await buffer(stream)) };
}

async function gitFiles(root: string): Promise<string[] | undefined> {
  const argv = [
    'git',
    '-c',
    'core.fsmonitor=false',
    '-C',
    root,
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ];
  const result = await run(argv, {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  });
  return result.ok ? result.stdout.split('\0').filter((path) => path !== '') : undefined;
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
