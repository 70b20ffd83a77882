import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const environment = {
  PATH: '/usr/bin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** Runs git in a repository of a test host, made at first use and open to `git http-backend`; gives its output. */
export function gitIn(repository: string, ...argv: string[]): string {
  const run = (args: string[]) =>
    execFileSync('/usr/bin/git', args, { cwd: repository, env: environment, encoding: 'utf8' });
  mkdirSync(repository, { recursive: true });
  if (!existsSync(join(repository, '.git', 'HEAD'))) {
    run(['init', '--quiet', '--initial-branch=main']);
    writeFileSync(join(repository, '.git', 'git-daemon-export-ok'), '');
  }
  return run(argv).trim();
}

/** Writes files and commits all; gives the commit id. */
export function commitIn(repository: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  gitIn(repository, 'add', '--all');
  gitIn(repository, 'commit', '--quiet', '--allow-empty', '--message', 'change');
  return gitIn(repository, 'rev-parse', 'HEAD');
}
