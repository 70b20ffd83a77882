import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { simpleGit } from 'simple-git';

/** A folder for one test, and real git in it. */
export interface Scratch {
  folder: string;
  /** Runs git in a repository below the folder, made on first use; gives its output without the last line break. */
  git(name: string, ...argv: string[]): Promise<string>;
  /** Writes files (`text`, or `{ text, mode }`) and commits all; gives the commit id. */
  commit(name: string, files: Record<string, string | { text: string; mode: number }>): Promise<string>;
  /** A pack of what `revs` names (`git pack-objects --revs`), as its path. */
  pack(name: string, revs: string[], options?: { thin?: boolean }): Promise<string>;
  remove(): Promise<void>;
}

export const gitPath = '/usr/bin/git';

const environment = {
  PATH: '/usr/bin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
};

export async function createScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'sources-'));

  async function run(name: string, argv: string[], input?: string): Promise<string> {
    const dir = join(folder, name);
    await mkdir(dir, { recursive: true });
    const git = simpleGit({
      baseDir: dir,
      completion: { onClose: true, onExit: false },
      errors: (error, result) =>
        error ?? (result.exitCode === 0 ? undefined : Buffer.concat([...result.stdErr, Buffer.from('failed')])),
      allowEnvironment: Object.keys(environment),
      unsafe: { allowUnsafeConfigPaths: true, allowUnsafeFsMonitor: true },
      ...(input === undefined ? {} : { input: () => input }),
    }).env(environment);
    if (!(await readdir(dir)).some((entry) => entry === '.git'))
      await git.raw('init', '--quiet', '--initial-branch=main');
    return (await git.raw(argv)).replace(/\n$/, '');
  }

  return {
    folder,
    git: (name, ...argv) => run(name, argv),
    async commit(name, files) {
      for (const [path, file] of Object.entries(files)) {
        const target = join(folder, name, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, typeof file === 'string' ? file : file.text);
        if (typeof file !== 'string') await chmod(target, file.mode);
      }
      await run(name, ['add', '--all']);
      await run(name, ['commit', '--quiet', '--allow-empty', '--message', 'change']);
      return run(name, ['rev-parse', 'HEAD']);
    },
    async pack(name, revs, options = {}) {
      const base = join(folder, `pack-${name}`);
      const argv = ['pack-objects', '--revs', '--quiet', ...(options.thin ? ['--thin', '--stdout'] : []), base];
      const id = await run(name, argv, `${revs.join('\n')}\n`);
      return `${base}-${id}.pack`;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
