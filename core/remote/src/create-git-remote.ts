import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BuildLane, Logger, PipelineStore, TokenStore } from '@slowlane/contracts';
import type { FastifyPluginCallback } from 'fastify';
import { createBackend } from './backend.ts';
import { createGitRoutes } from './git-routes.ts';
import { serveHooks } from './hook-server.ts';
import type { ImportPush } from './import-push.ts';
import { PushTickets } from './push-tickets.ts';
import { reconcilePushes } from './reconcile-pushes.ts';
import { createRepositories } from './repositories.ts';

export interface GitRemoteOptions {
  /** Folder of the bare repositories, one per pipeline; must belong to the service. */
  repositoriesDir: string;
  /** Unix socket that the hooks talk to; its folder must be closed to other users. At most 107 bytes. */
  hookSocketPath: string;
  /** Node 24 binary that runs the hooks. */
  nodePath: string;
  /** Program of the hooks; default: this project's own file. */
  hookProgram?: string;
  /** git binary (>= 2.31); `git http-backend` is started through it. */
  gitPath: string;
  tokens: TokenStore;
  builds: BuildLane;
  pipelines: PipelineStore;
  importPush: ImportPush;
  logger: Logger;
  /** Largest push, in bytes on the wire. */
  maxPushBytes: number;
}

export interface GitRemote {
  /**
   * Routes `/git/<pipeline>.git/info/refs`, `git-upload-pack` and `git-receive-pack`. A push lasts as long as its build: the server it is
   * registered on must have `requestTimeout: 0`.
   */
  plugin: FastifyPluginCallback;
  /** Ends hooks and backends: pushes under way fail, their builds go on. */
  close(): Promise<void>;
}

/**
 * The git remote: `git push` builds, and is rejected with the reason when the build fails. Sweeps at its start what killed pushes left
 * behind, and settles the pushes whose end nobody saw.
 */
export async function createGitRemote(options: GitRemoteOptions): Promise<GitRemote> {
  await mkdir(options.repositoriesDir, { recursive: true, mode: 0o700 });
  const repositories = createRepositories({ folder: options.repositoriesDir, gitPath: options.gitPath });
  await repositories.sweep();
  await reconcilePushes({ builds: options.builds, repositories, logger: options.logger });

  const tickets = new PushTickets();
  const hooks = await serveHooks({ ...options, tickets, repositories });
  const backend = createBackend({
    gitPath: options.gitPath,
    projectRoot: options.repositoriesDir,
    maxPushBytes: options.maxPushBytes,
    hookEnv: {
      SLOWLANE_NODE: options.nodePath,
      SLOWLANE_HOOK_PROGRAM: options.hookProgram ?? fileURLToPath(new URL('./hook-program.js', import.meta.url)),
      SLOWLANE_HOOK_SOCKET: options.hookSocketPath,
    },
    logger: options.logger,
  });
  return {
    plugin: createGitRoutes({ ...options, backend, repositories, tickets }),
    async close() {
      tickets.abortAll();
      await hooks.close();
      await backend.close();
    },
  };
}
