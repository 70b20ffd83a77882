import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { run, start } from '@slowlane/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitPath, startTestRemote, type TestRemote, userEnv } from './__fixtures__/test-remote.ts';

let remote: TestRemote;
beforeEach(async () => {
  remote = await startTestRemote();
});
afterEach(() => remote.close());

/** A build that writes some lines and is published, and registered once the push is confirmed. */
function buildsWell(): void {
  remote.builds.onStart = ({ id }) => {
    void (async () => {
      await remote.builds.log(id, ['==> fetch', '==> build']);
      await remote.builds.advance(id, 'building', {});
      await remote.builds.log(id, ['compiling 1 file']);
      await remote.builds.advance(id, 'published', {});
      while ((await remote.builds.pushOutcome(id)) === undefined) await remote.builds.readLog(id, '9999', 1, 20);
      if ((await remote.builds.pushOutcome(id)) === 'aborted') return void remote.builds.advance(id, 'built', {});
      await remote.builds.log(id, ['==> register dev: job 42 on local']);
      await remote.builds.advance(id, 'registered', {
        registrations: [{ target: 'dev', workspace: 'local', jobId: '42', registrationId: 'reg_1' }],
      });
    })();
  };
}

describe('git push', () => {
  it('makes the repository, builds the commit, shows the log and the job, and keeps what was pushed', async () => {
    buildsWell();
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('daily-sales', ['push:daily-sales']);
    const pushed = await copy.git('push', url, 'main');
    expect(pushed.stderr).toMatch(/remote: ==> fetch/);
    expect(pushed.stderr).toMatch(/remote: compiling 1 file/);
    expect(pushed.stderr).toMatch(/remote: ==> register dev: job 42 on local/);
    expect(pushed.stderr.match(/==> build/g)).toHaveLength(1);
    expect(pushed.exitCode).toBe(0);

    const commit = (await copy.git('rev-parse', 'HEAD')).stdout.trim();
    const [record] = await remote.builds.list(1);
    expect(record).toMatchObject({
      pipeline: 'daily-sales',
      principal: 'author',
      source: { kind: 'mirror', pipeline: 'daily-sales', ref: 'refs/heads/main', commit },
      state: 'registered',
    });
    const clone = join(remote.folder, 'clone');
    const cloned = await run([gitPath, 'clone', '--quiet', url, clone], { env: userEnv(remote.folder) });
    expect(cloned.stderr).toBe('');
    expect(await readFile(join(clone, 'readme.txt'), 'utf8')).toBe('first');
  });

  it('hands over a pack that stands alone', async () => {
    buildsWell();
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:*']);
    await copy.git('push', url, 'main');
    const commit = await copy.commit('more.txt', 'second');
    await copy.git('push', url, 'main');
    const mirror = join(remote.folder, 'mirror.git');
    const env = userEnv(remote.folder);
    await run([gitPath, 'init', '--quiet', '--bare', '--', mirror], { env });
    const pack = await readFile(remote.imported.get(commit)!);
    const indexed = await run([gitPath, 'index-pack', '--stdin', '--strict'], { cwd: mirror, env, input: pack });
    expect(indexed.stderr).toBe('');
    expect((await run([gitPath, 'ls-tree', '--name-only', commit], { cwd: mirror, env })).stdout).toBe(
      'more.txt\nreadme.txt\n',
    );
  });

  it('takes a body of several MiB, which git sends in chunks', async () => {
    buildsWell();
    const copy = await remote.workingCopy();
    const noise = Array.from({ length: 120_000 }, () => Math.random().toString(36)).join('\n');
    await copy.commit('noise.txt', noise.slice(0, 3_000_000));
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.exitCode).toBe(0);
  });

  it('is rejected with reason and hint when the build fails, and leaves the branch as it was', async () => {
    remote.builds.onStart = ({ id }) => {
      void remote.builds
        .log(id, ['[error] Main.scala:3: not found: value x'])
        .then(() =>
          remote.builds.fail(id, new SlowLaneError('build.failed', 'step "package" ended with code 1').toFailure()),
        );
    };
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const pushed = await copy.git('push', url, 'main');
    expect(pushed.exitCode).toBe(1);
    expect(pushed.stderr).toMatch(/remote: \[error\] Main\.scala:3/);
    expect(pushed.stderr).toMatch(/remote: build\.failed: step "package" ended with code 1/);
    expect(pushed.stderr).toMatch(/remote: hint: Read the build log/);
    expect(pushed.stderr).toMatch(/pre-receive hook declined/);
    expect((await copy.git('ls-remote', url)).stdout).toBe('');
    expect(await quarantines(remote, 'p')).toEqual([]);
  });

  it('keeps another branch without building it, and says so', async () => {
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const pushed = await copy.git('push', url, 'main:refs/heads/feature/x');
    expect(pushed.stderr).toMatch(/remote: feature\/x is kept, but not built: p builds main/);
    expect(pushed.exitCode).toBe(0);
    expect(await remote.builds.list(1)).toEqual([]);
    const deleted = await copy.git('push', url, ':refs/heads/feature/x');
    expect(deleted.exitCode).toBe(0);
  });

  it('builds the branch that the pipeline file names', async () => {
    buildsWell();
    await storePipeline(remote, 'p', 'release');
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    await copy.git('push', url, 'main', 'main:release');
    const started = await remote.builds.list(10);
    expect(started.map(({ source }) => source)).toMatchObject([{ ref: 'refs/heads/release' }]);
  });

  it('refuses tags, and the deletion of the branch it builds', async () => {
    buildsWell();
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    await copy.git('tag', 'v1');
    expect((await copy.git('push', url, 'v1')).stderr).toMatch(
      /refs\/tags\/v1 cannot be pushed: only branches are taken/,
    );
    await copy.git('push', url, 'main');
    const deleted = await copy.git('push', url, ':main');
    expect(deleted.exitCode).toBe(1);
    expect(deleted.stderr).toMatch(/main cannot be deleted: it is what p builds/);
  });

  it('is rejected when the commit cannot be imported', async () => {
    await remote.close();
    remote = await startTestRemote({
      importPush: () => Promise.reject(new SlowLaneError('source.too-large', 'the tree has 30000 files')),
    });
    const copy = await remote.workingCopy();
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.exitCode).toBe(1);
    expect(pushed.stderr).toMatch(/remote: source\.too-large: the tree has 30000 files/);
  });

  it('refuses more bytes than allowed', async () => {
    await remote.close();
    remote = await startTestRemote({ maxPushBytes: 10_000 });
    const copy = await remote.workingCopy();
    await copy.commit('noise.txt', Array.from({ length: 5_000 }, () => Math.random().toString(36)).join('\n'));
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.exitCode).not.toBe(0);
    expect(pushed.stderr).toMatch(/exceeds maximum allowed size/);
  });

  it('lets two people push to one repository at once: one wins, the other is told, and its build is not registered', async () => {
    const copies = await Promise.all([remote.workingCopy(), remote.workingCopy()]);
    const url = await remote.urlFor('p', ['push:p']);
    await Promise.all(copies.map((copy, index) => copy.commit('who.txt', `number ${index}`)));
    // Both builds end only when both have begun, so that neither sees the other's branch.
    const begun: string[] = [];
    remote.builds.onStart = ({ id }) => {
      begun.push(id);
      if (begun.length === 2) for (const one of begun) void remote.builds.advance(one, 'published', {});
    };
    const follow = watchOutcomes(remote);
    const pushed = await Promise.all(copies.map((copy) => copy.git('push', url, 'main')));
    follow.stop();
    expect(pushed.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    const outcomes = await Promise.all(begun.map((id) => remote.builds.pushOutcome(id)));
    expect(outcomes.sort()).toEqual(['aborted', 'completed']);
  });
});

describe('a push whose client goes away', () => {
  it('ends its hook at once, leaves branch and folder clean, and the build goes on', async () => {
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const { promise: started, resolve } = Promise.withResolvers<string>();
    remote.builds.onStart = ({ id }) => resolve(id);
    const client = start([gitPath, 'push', url, 'main'], {
      cwd: copy.path,
      env: userEnv(remote.folder),
      ownGroup: true,
    });
    const id = await started;
    await remote.builds.advance(id, 'building', {});
    client.kill('SIGINT');
    await client.ended;
    await until(async () => (await remote.builds.pushOutcome(id)) === 'aborted');
    await until(async () => (await quarantines(remote, 'p')).length === 0);
    expect((await copy.git('ls-remote', url)).stdout).toBe('');
    expect((await remote.builds.get(id))?.state).toBe('building');
  });

  it('is rejected when its build is cancelled', async () => {
    remote.builds.onStart = ({ id }) => void remote.builds.cancel(id);
    const copy = await remote.workingCopy();
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.exitCode).toBe(1);
    expect(pushed.stderr).toMatch(/remote: build bld_\w+ was cancelled/);
  });

  it('does not keep the server from closing', async () => {
    const copy = await remote.workingCopy();
    const { promise: started, resolve } = Promise.withResolvers<string>();
    remote.builds.onStart = ({ id }) => resolve(id);
    const pushing = copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    await started;
    await remote.closeServer();
    expect((await pushing).exitCode).not.toBe(0);
    await remote.restart();
  });

  it('is rejected when the service stops in the middle', async () => {
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const { promise: started, resolve } = Promise.withResolvers<string>();
    remote.builds.onStart = ({ id }) => resolve(id);
    const pushing = copy.git('push', url, 'main');
    const id = await started;
    await remote.restart();
    expect((await pushing).exitCode).not.toBe(0);
    expect((await copy.git('ls-remote', url)).stdout).toBe('');
    expect(await remote.builds.pushOutcome(id)).toBe('aborted');
  });
});

describe('the start of the remote', () => {
  it('sweeps quarantine folders and settles pushes whose end nobody saw', async () => {
    remote.builds.onStart = ({ id }) => void remote.builds.advance(id, 'published', {});
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const watching = watchOutcomes(remote);
    await copy.git('push', url, 'main');
    watching.stop();
    const commit = (await copy.git('rev-parse', 'HEAD')).stdout.trim();
    await remote.builds.start(buildOf('bld_taken', commit));
    await remote.builds.start(buildOf('bld_lost', await copy.commit('later.txt', 'later')));
    const left = join(remote.options.repositoriesDir, 'p.git', 'objects', 'tmp_objdir-incoming-abc');
    await run(['/bin/mkdir', left]);
    await remote.restart();
    expect(await quarantines(remote, 'p')).toEqual([]);
    expect(await remote.builds.pushOutcome('bld_taken')).toBe('completed');
    expect(await remote.builds.pushOutcome('bld_lost')).toBe('aborted');
  });
});

function buildOf(id: string, commit: string): Parameters<TestRemote['builds']['start']>[0] {
  return {
    id,
    correlationId: 'cor_1',
    pipeline: 'p',
    revision: undefined,
    source: { kind: 'mirror', pipeline: 'p', ref: 'refs/heads/main', commit },
    purpose: { kind: 'push', pushId: 'push_1' },
    principal: 'author',
    language: undefined,
    driver: undefined,
  };
}

/** Ends every build whose push is settled, so that a post-receive hook does not wait for ever. */
function watchOutcomes({ builds }: TestRemote): { stop(): void } {
  let on = true;
  void (async () => {
    while (on) {
      for (const { id, state } of await builds.list(100)) {
        if (state === 'published' && (await builds.pushOutcome(id)) !== undefined)
          await builds.advance(id, 'built', {});
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return { stop: () => (on = false) };
}

async function quarantines({ options }: TestRemote, pipeline: string): Promise<string[]> {
  const entries = await readdir(join(options.repositoriesDir, `${pipeline}.git`, 'objects'));
  return entries.filter((entry) => entry.includes('incoming'));
}

async function storePipeline({ options }: TestRemote, name: string, ref: string): Promise<void> {
  const { PipelineFile } = await import('@slowlane/contracts');
  const file = PipelineFile.parse({ pipeline: name, source: { ref } });
  await options.pipelines.put({ name, file, text: `pipeline: ${name}`, origin: 'applied', by: 'test' });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
