import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '@slowlane/process';
import type { TestInstallation } from '../e2e/test-installation.ts';
import { repository } from '../processes/installation.ts';
import { readMarkdown } from './read-markdown.ts';

/** Ports that the pages show, and those of the installation that runs them. */
export interface ExamplePorts {
  /** Of a receiver that the example itself starts. */
  receiver: number;
}

/** The shell blocks of a page with one marker, as one script of one person, in the folder of the repository. */
export function runExamples(
  installation: TestInstallation,
  page: string,
  { marker, receiver }: ExamplePorts & { marker: string },
): Promise<RunResult> {
  const home = join(installation.folder, 'someone');
  mkdirSync(home, { recursive: true });
  const script = exampleBlocks(page, marker)
    .join('\n')
    .replaceAll('127.0.0.1:7070', new URL(installation.url).host)
    .replaceAll('7072', String(receiver));
  return installation.user(['/bin/sh', '-eu', '-c', script], { cwd: repository, env: { ...identity, HOME: home } });
}

export function exampleBlocks(page: string, marker: string): string[] {
  const { blocks } = readMarkdown(join(repository, page));
  return blocks.flatMap((block) => (block.language === 'sh' && block.marker === marker ? [block.text] : []));
}

const identity = {
  GIT_AUTHOR_NAME: 'Me',
  GIT_AUTHOR_EMAIL: 'me@example.org',
  GIT_COMMITTER_NAME: 'Me',
  GIT_COMMITTER_EMAIL: 'me@example.org',
};
