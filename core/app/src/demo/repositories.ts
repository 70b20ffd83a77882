import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import type { CommandLine } from './command-line.ts';

/** Copies a template and makes a git repository of it, as an author would. */
export async function makeRepository(
  cli: CommandLine,
  template: string,
  folder: string,
  note: (line: string) => void,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  cpSync(template, folder, {
    recursive: true,
    filter: (path) =>
      !/\/(target|build|dist|\.bsp|__pycache__|\.pytest_cache)(\/|$)/.test(path) ||
      path.includes('/project/build.properties'),
  });
  const author = ['-c', 'user.name=Demo Author', '-c', 'user.email=author@example.org', '-c', 'commit.gpgsign=false'];
  await git(cli, folder, note, 'init', '--quiet', '--initial-branch=main');
  await git(cli, folder, note, 'add', '--all');
  await git(cli, folder, note, ...author, 'commit', '--quiet', '--message', 'The first version');
}

/** `git push` over smart HTTP; the build log comes back as `remote:` lines. Throws what git says when the push is rejected. */
export async function push(
  cli: CommandLine,
  push: { folder: string; gitUrl: string; token: string; note(line: string): void },
): Promise<void> {
  const url = new URL(push.gitUrl);
  url.username = 'demo';
  url.password = push.token;
  // A demo that was run before has left another history under the same name.
  await git(cli, push.folder, push.note, 'push', '--force', '--progress', url.href, 'main');
}

async function git(cli: CommandLine, folder: string, note: (line: string) => void, ...args: string[]): Promise<void> {
  const lines: string[] = [];
  const take = (line: string) => {
    lines.push(line);
    if (/^remote:|^ [!*+=-] |^To /.test(line)) note(line.replace(/\/\/[^@/]*@/, '//'));
  };
  const code = await cli.live(['git', ...args], {
    cwd: folder,
    note: take,
    env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
  });
  if (code !== 0)
    throw new SlowLaneError('build.failed', `git ${args[0]} ended with ${code}:\n${lines.slice(-12).join('\n')}`);
}

export function templateFolder(repository: string, name: string): string {
  return join(repository, 'templates', name);
}
