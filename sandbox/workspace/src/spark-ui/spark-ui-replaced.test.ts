import Fastify from 'fastify';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { registerErrors } from '../http/api-error.ts';
import { setPrincipal } from '../identity/principal.ts';
import { silent } from '../__fixtures__/test-workspace.ts';
import { runFolders } from '../runs/run-folders.ts';
import type { RunStore } from '../store/run-store.ts';
import type { Door } from './door.ts';
import { registerSparkUi } from './spark-ui-routes.ts';

it('a visit replaces the UI of another run, whose open pages then say so; a right that is taken away ends the address', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'slowlane-ui-'));
  const app = Fastify();
  registerErrors(app, silent);
  app.addHook('onRequest', async (request) =>
    setPrincipal(request, { id: '1', kind: 'user', name: 'a', displayName: 'a', isAdmin: false, groups: [] }),
  );
  let current: number | undefined;
  let mayView = true;
  const runs = { get: (runId: number) => ({ runId }), tasksOf: () => [] } as unknown as RunStore;
  registerSparkUi(app, {
    ...{ runs, stateDir, now: () => 0 },
    servers: {
      reach: async (runId) => ((current = runId), doorOf(runId)),
      current: () => current,
      close: async () => {},
    },
    mayView: () => mayView,
  });
  try {
    const first = await visit(1);
    expect((await app.inject(first)).body).toContain('of run 1');
    const second = await visit(2);
    expect((await app.inject(first)).statusCode).toBe(409);
    expect((await app.inject(second)).body).toContain('of run 2');
    current = undefined;
    expect((await app.inject(first)).body).toContain('of run 1');
    mayView = false;
    expect((await app.inject(first)).statusCode).toBe(403);
  } finally {
    await app.close();
    await rm(stateDir, { recursive: true });
  }

  async function visit(runId: number): Promise<string> {
    const { events } = runFolders(stateDir, runId);
    await mkdir(events, { recursive: true });
    await writeFile(join(events, 'local-1'), '');
    const { statusCode, headers } = await app.inject(`/slowlane/spark-ui/${runId}/live`);
    expect(statusCode).toBe(302);
    return headers.location as string;
  }
});

function doorOf(runId: number): Door {
  return {
    get: async (path) => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Readable.from([
        Buffer.from(path.startsWith('/api/') ? '[{"id":"local-1"}]' : `<html><head></head>of run ${runId}</html>`),
      ]) as never,
    }),
    close: () => {},
  };
}
