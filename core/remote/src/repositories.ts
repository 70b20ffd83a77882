import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import { gitEnvironment } from './git-environment.ts';

/** The bare repositories of the remote: `<folder>/<pipeline>.git`. */
export interface Repositories {
  pathOf(pipeline: string): string;
  exists(pipeline: string): Promise<boolean>;
  /** Makes it when there is none, with `branch` as its HEAD; safe to call from several pushes at once. */
  ensure(pipeline: string, branch: string): Promise<void>;
  /** Whether a branch holds a commit. */
  holds(pipeline: string, branch: string, commit: string): Promise<boolean>;
  /** Removes quarantine folders that killed pushes left: only while no push runs. */
  sweep(): Promise<void>;
}

export function createRepositories({ folder, gitPath }: { folder: string; gitPath: string }): Repositories {
  const making = new Map<string, Promise<void>>();
  const pathOf = (pipeline: string): string => join(folder, `${pipeline}.git`);
  return {
    pathOf,
    exists: (pipeline) => isRepository(pathOf(pipeline)),
    async ensure(pipeline, branch) {
      const before = making.get(pipeline) ?? Promise.resolve();
      const made = before.catch(() => undefined).then(() => make(pathOf(pipeline), { branch, gitPath }));
      making.set(pipeline, made);
      await made;
    },
    async holds(pipeline, branch, commit) {
      const argv = [gitPath, 'merge-base', '--is-ancestor', commit, `refs/heads/${branch}`];
      return (await run(argv, { cwd: pathOf(pipeline), env: gitEnvironment(gitPath), timeoutMs: 30_000 })).ok;
    },
    async sweep() {
      for (const entry of await readdir(folder)) if (entry.endsWith('.git')) await sweepQuarantine(join(folder, entry));
    },
  };
}

async function isRepository(path: string): Promise<boolean> {
  return readFile(join(path, 'HEAD')).then(
    () => true,
    () => false,
  );
}

async function make(path: string, options: { branch: string; gitPath: string }): Promise<void> {
  if (!(await isRepository(path))) await init(path, options);
  await installHooks(path);
}

async function init(path: string, { branch, gitPath }: { branch: string; gitPath: string }): Promise<void> {
  // Made beside and renamed: a half-made repository would be taken for a whole one after a crash.
  const beside = `${path}.new`;
  await rm(beside, { recursive: true, force: true });
  const argv = [gitPath, 'init', '--quiet', '--bare', '--template=', `--initial-branch=${branch}`, '--', beside];
  const result = await run(argv, { env: gitEnvironment(gitPath), timeoutMs: 30_000 });
  if (!result.ok)
    throw new SlowLaneError('platform.unexpected', `git init failed: ${result.stderr || result.startError}`);
  await mkdir(join(beside, 'hooks'), { recursive: true });
  await chmod(beside, 0o700);
  await rename(beside, path);
}

/** Only names of variables that the backend sets, so nothing is ever quoted into a shell line. */
function hookText(kind: string): string {
  const args = '"$SLOWLANE_HOOK_SOCKET" "$SLOWLANE_PUSH_TICKET" "$GIT_OBJECT_DIRECTORY"';
  return `#!/bin/sh\nexec "$SLOWLANE_NODE" "$SLOWLANE_HOOK_PROGRAM" ${kind} ${args}\n`;
}

async function installHooks(path: string): Promise<void> {
  await mkdir(join(path, 'hooks'), { recursive: true });
  for (const kind of ['pre-receive', 'post-receive']) {
    const file = join(path, 'hooks', kind);
    const text = hookText(kind);
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
    // Renamed into place: git may be starting the hook for another push right now.
    await writeFile(`${file}.new`, text, { mode: 0o700 });
    await rename(`${file}.new`, file);
  }
}

async function sweepQuarantine(repository: string): Promise<void> {
  const objects = join(repository, 'objects');
  for (const entry of await readdir(objects).catch(() => [])) {
    // git 2.39 names them tmp_objdir-incoming-XXXXXX, older ones incoming-XXXXXX.
    if (/^(tmp_objdir-|incoming-)/.test(entry)) await rm(join(objects, entry), { recursive: true, force: true });
  }
}
