import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run, type RunResult } from '@slowlane/process';
import {
  createMemoryBuildLane,
  createMemoryLogger,
  createMemoryPipelineStore,
  createMemoryTokenStore,
  type MemoryBuildLane,
} from '@slowlane/testkit';
import fastify, { type FastifyInstance } from 'fastify';
import { createGitRemote, type GitRemote, type GitRemoteOptions } from '../create-git-remote.ts';

/** A real remote on loopback with a build lane in memory, and a person with a working copy. */
export interface TestRemote {
  folder: string;
  builds: MemoryBuildLane;
  options: GitRemoteOptions;
  /** Packs that were imported, by commit. */
  imported: Map<string, string>;
  /** URL of a pipeline's repository, with a token of these scopes in it. */
  urlFor(pipeline: string, scopes: string[]): Promise<string>;
  /** A new working copy with one commit on `main`. */
  workingCopy(name?: string): Promise<WorkingCopy>;
  /** Ends the remote (not the folder) and starts it again on the same port. */
  restart(): Promise<void>;
  /** Closes the HTTP server as a service does that stops, and waits for it. */
  closeServer(): Promise<void>;
  close(): Promise<void>;
}

export interface WorkingCopy {
  path: string;
  git(...args: string[]): Promise<RunResult>;
  commit(file: string, text: string): Promise<string>;
}

export const gitPath = '/usr/bin/git';

export async function startTestRemote(more: Partial<GitRemoteOptions> = {}): Promise<TestRemote> {
  const folder = await mkdtemp(join(tmpdir(), 'sl-remote-'));
  const builds = createMemoryBuildLane();
  const imported = new Map<string, string>();
  const tokens = createMemoryTokenStore();
  const options: GitRemoteOptions = {
    repositoriesDir: join(folder, 'repositories'),
    hookSocketPath: join(folder, 'hook.sock'),
    nodePath: process.execPath,
    gitPath,
    tokens,
    builds,
    pipelines: createMemoryPipelineStore(),
    logger: createMemoryLogger(),
    maxPushBytes: 64 * 1_048_576,
    async importPush(_pipeline, commit, pack) {
      const file = join(folder, `${commit}.pack`);
      await pipeline(pack, createWriteStream(file));
      imported.set(commit, file);
    },
    ...more,
  };
  let copies = 0;
  let port = 0;
  let app: FastifyInstance;
  let remote: GitRemote;
  const listen = async (): Promise<void> => {
    remote = await createGitRemote(options);
    app = fastify({ requestTimeout: 0 });
    await app.register(remote.plugin);
    await app.listen({ host: '127.0.0.1', port });
    port = (app.server.address() as { port: number }).port;
  };
  const stop = async (): Promise<void> => {
    await remote.close();
    app.server.closeAllConnections();
    await app.close();
  };
  await listen();

  return {
    folder,
    builds,
    options,
    imported,
    async urlFor(name, scopes) {
      const { secret } = await tokens.create({ name: 'author', scopes, expiresAt: undefined });
      return `http://author:${secret}@127.0.0.1:${port}/git/${name}.git`;
    },
    async workingCopy(name = `copy${++copies}`) {
      const copy = workingCopyAt(join(folder, name));
      await run([gitPath, 'init', '--quiet', '--initial-branch=main', '--', copy.path], { env: userEnv(folder) });
      await copy.commit('readme.txt', 'first');
      return copy;

      function workingCopyAt(path: string): WorkingCopy {
        const git = (...args: string[]): Promise<RunResult> =>
          run([gitPath, ...args], { cwd: path, env: userEnv(folder), timeoutMs: 60_000 });
        return {
          path,
          git,
          async commit(file, text) {
            await writeFile(join(path, file), text);
            await git('add', '--all');
            await git('commit', '--quiet', '--allow-empty', '--message', text);
            return (await git('rev-parse', 'HEAD')).stdout.trim();
          },
        };
      }
    },
    async restart() {
      await stop();
      await listen();
    },
    closeServer: () => app.close(),
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function userEnv(home: string): Record<string, string> {
  return {
    PATH: '/usr/bin:/bin',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Author',
    GIT_AUTHOR_EMAIL: 'author@example.org',
    GIT_COMMITTER_NAME: 'Author',
    GIT_COMMITTER_EMAIL: 'author@example.org',
  };
}
