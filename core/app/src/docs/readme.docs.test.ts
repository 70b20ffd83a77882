import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestInstallation, type TestInstallation } from '../e2e/test-installation.ts';
import { repository } from '../processes/installation.ts';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
});
afterAll(() => installation.close());

describe('the README', () => {
  it('shows the two commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 20).join('\n');
    expect(screen).toContain('./slowlane demo');
    expect(screen).toContain('./slowlane test');
  });

  it('has a quick start that works as it stands, from an empty home folder to a result', async () => {
    const blocks = [...readme.matchAll(/^```sh quick-start\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
    expect(blocks.length).toBeGreaterThan(3);
    const home = join(installation.folder, 'someone');
    mkdirSync(home);
    const script = blocks
      .join('\n')
      .replaceAll(
        'http://me:$SLOWLANE_TOKEN@127.0.0.1:7070',
        `http://me:$SLOWLANE_TOKEN@${new URL(installation.url).host}`,
      );
    const identity = {
      GIT_AUTHOR_NAME: 'Me',
      GIT_AUTHOR_EMAIL: 'me@example.org',
      GIT_COMMITTER_NAME: 'Me',
      GIT_COMMITTER_EMAIL: 'me@example.org',
    };
    const result = await installation.user(['/bin/sh', '-eu', '-c', script], {
      cwd: repository,
      env: { ...identity, HOME: home },
    });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.stderr).toMatch(/remote: ==> register +dev: job \d+/);
    expect(result.stdout).toContain('counts.json');
    expect(result.stdout).toContain('request.succeeded');
  });

  it('refers only to files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => readFileSync(join(repository, target as string)), target).not.toThrow(/ENOENT/);
    }
  });
});
