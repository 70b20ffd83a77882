import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildView, TokenCreated } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import { run } from '@slowlane/process';
import { createCommandLine } from '../demo/command-line.ts';
import { makeRepository, push, templateFolder } from '../demo/repositories.ts';
import type { Installation } from '../processes/installation.ts';
import { type Figure, median, time } from './figures.ts';

/** An unchanged tree under a new commit, from `git push` to registered, against the same push to a bare repository in a folder. */
export async function benchPush(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const cli = createCommandLine(installation.repository, {});
  const token = await cli.json<TokenCreated>(
    'token',
    'create',
    'bench',
    '--scope',
    'push:delay-weather',
    '--scope',
    'read',
    '--ttl',
    '1h',
  );
  const repository = join(folder, 'project');
  const bare = join(folder, 'bare.git');
  const target = {
    folder: repository,
    gitUrl: `${installation.url}/git/delay-weather.git`,
    token: token.secret,
    note: () => undefined,
  };
  try {
    await makeRepository(
      cli,
      templateFolder(installation.repository, 'driver-python-wheel'),
      repository,
      () => undefined,
    );
    await run(['/usr/bin/git', 'init', '--quiet', '--bare', bare]);
    say('first push: builds');
    await push(cli, target);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < 5; round++) {
      await commit(repository);
      raw.push(await time(() => run(['/usr/bin/git', '-C', repository, 'push', '--quiet', bare, 'main'])));
      ours.push(await time(() => push(cli, target)));
    }
    const { builds } = await cli.json<{ builds: BuildView[] }>(
      'build',
      'ls',
      '--pipeline',
      'delay-weather',
      '--limit',
      '5',
    );
    const withoutSandbox = builds.filter(
      (build) => build.cachedFrom !== undefined && build.state === 'registered',
    ).length;
    const met = median(ours) <= 1_000 && withoutSandbox === 5;
    return [
      {
        name: `unchanged push -> registered (${withoutSandbox} of 5 without a sandbox)`,
        ours: formatDuration(median(ours)),
        raw: formatDuration(median(raw)),
        ratio: (median(ours) / median(raw)).toFixed(2),
        target: '<= 1 s, no sandbox',
        met,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function commit(repository: string): Promise<void> {
  const author = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.org'];
  await run(
    ['/usr/bin/git', ...author, '-C', repository, 'commit', '--quiet', '--allow-empty', '--message', 'Nothing changed'],
    { env: { HOME: '/nonexistent', PATH: '/usr/bin:/bin' } },
  );
}
