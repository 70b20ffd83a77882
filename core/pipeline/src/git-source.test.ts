import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PipelineFile } from '@slowlane/contracts';
import { openMirror } from '@slowlane/sources';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellPlugin, stageRig, temporaryFolder } from './__fixtures__/stage-rig.ts';

const shell = shellPlugin(() => {
  throw new Error('not planned in this test');
});

/** The fetch stage on real git. */
describe('a build from git', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let repository: string;
  let commit: string;
  const git = (...args: string[]): string =>
    execFileSync('/usr/bin/git', args, {
      cwd: repository,
      encoding: 'utf8',
      env: {
        HOME: folder.path,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'A',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      },
    }).trim();
  beforeAll(async () => {
    folder = await temporaryFolder();
    repository = join(folder.path, 'repository');
    await folder.write('repository/.slowlane/demo.yaml', 'pipeline: demo\nsource: { path: job }\n');
    await folder.write('repository/job/demo.toml', 'a = 1\n');
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'first');
    commit = git('rev-parse', 'HEAD');
  });
  afterAll(() => folder.remove());

  function rig() {
    return stageRig(
      { shell },
      {
        fetchFrom: { protocols: ['file'], hosts: ['*'] },
        mirror: (name) => openMirror({ dir: join(folder.path, `${name}.git`), gitPath: '/usr/bin/git' }),
      },
    );
  }

  it('fetches the commit of a branch and reads the tree of its folder', async () => {
    const { start, runTo, builds } = rig();
    const source = { kind: 'git', url: `file://${repository}`, ref: 'main' } as const;
    const id = await start({}, { kind: 'register' }, { source });
    const record = await runTo(id, 'detect');
    expect(record.failure).toBeUndefined();
    expect(record.found).toMatchObject({ commit, plugin: 'shell', revision: 1 });
    expect(builds.text(id)).toMatch(`commit ${commit.slice(0, 8)} of main (1 files)`);
  });

  it('stands under the revision that was applied, not under the file in the repository', async () => {
    const { start, runTo, deps } = rig();
    const url = `file://${repository}`;
    const file = PipelineFile.parse({ pipeline: 'demo', source: { git: url, path: 'job' }, job: { timeout: '7m' } });
    await deps.pipelines.put({ name: 'demo', file, text: '', origin: 'applied', by: 'author' });
    const source = { kind: 'git', url, ref: 'main' } as const;
    const record = await runTo(await start({}, { kind: 'register' }, { source, revision: 1 }), 'detect');
    expect(record.failure).toBeUndefined();
    expect(record.found).toMatchObject({ commit, plugin: 'shell', revision: 1 });
    expect((await deps.pipelines.get('demo'))?.origin).toBe('applied');
  });

  it('reads a pushed commit from the mirror', async () => {
    const { start, runTo } = rig();
    const source = { kind: 'mirror', pipeline: 'demo', ref: 'refs/heads/main', commit } as const;
    const record = await runTo(await start({}, { kind: 'push', pushId: 'push_1' }, { source }), 'detect');
    expect(record.failure).toBeUndefined();
    expect(record.found.plugin).toBe('shell');
  });

  it('gives the same content key for the same tree in another commit', async () => {
    const { start, runTo } = rig();
    const source = { kind: 'git', url: `file://${repository}`, ref: 'main' } as const;
    const first = await runTo(await start({}, { kind: 'register' }, { source }), 'fetch');
    git('commit', '--quiet', '--allow-empty', '--message', 'second');
    const second = await runTo(await start({}, { kind: 'register' }, { source }), 'fetch');
    expect(second.found.commit).not.toBe(first.found.commit);
    expect(second.found.contentKey).toBe(first.found.contentKey);
  });

  it('says which ref is not there', async () => {
    const { start, runTo } = rig();
    const source = { kind: 'git', url: `file://${repository}`, ref: 'nowhere' } as const;
    const record = await runTo(await start({}, { kind: 'register' }, { source }), 'fetch');
    expect(record.failure).toMatchObject({ code: 'source.not-found', message: expect.stringMatching(/nowhere/) });
  });
});
