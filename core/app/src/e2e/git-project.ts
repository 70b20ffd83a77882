import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunResult } from '@slowlane/process';
import type { TestInstallation } from './test-installation.ts';

/** A git repository in the test's folder that is pushed to Slow Lane as its author would. */
export interface GitProject {
  folder: string;
  write(files: Record<string, string>): void;
  commit(message: string): Promise<void>;
  push(branch?: string): Promise<RunResult>;
}

export async function createGitProject(
  installation: TestInstallation,
  project: { pipeline: string; token: string; from?: string },
): Promise<GitProject> {
  const folder = join(installation.folder, 'projects', project.pipeline);
  mkdirSync(folder, { recursive: true });
  if (project.from !== undefined) cpSync(project.from, folder, { recursive: true });
  const git = (...args: string[]) => installation.user(['git', '-C', folder, ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  const url = new URL(`${installation.url}/git/${project.pipeline}.git`);
  url.username = 'author';
  url.password = project.token;
  return {
    folder,
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    },
    async commit(message) {
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', message);
    },
    push: (branch = 'main') => git('push', url.href, `HEAD:refs/heads/${branch}`),
  };
}
