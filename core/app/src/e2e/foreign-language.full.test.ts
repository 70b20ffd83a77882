import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PluginsView, PluginTestView } from '@slowlane/cli';
import type { RequestView, ResultView } from '@slowlane/contracts';
import { noteNewestBuild, noteRun } from './__fixtures__/note-stages.ts';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const goHome = ['/usr/local/go', '/usr/lib/go'].find((folder) => existsSync(join(folder, 'bin/go')));

/** As a stranger would do it: three commands, three lines of slowlane.yaml, a push. */
describe.skipIf(goHome === undefined)('a language that Slow Lane does not ship (needs a Go)', () => {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await createTestInstallation(
      `plugins: [./plugin-go]\ntoolchains: { go: { home: ${goHome} } }\npolicy: { egress: [maven, pypi, go] }\n`,
    );
  });
  afterAll(() => installation.close(), 120_000);

  it('goes from plugin new to a result that a Go program has written', async () => {
    const { folder } = await installation.json<{ folder: string }>('plugin', 'new', 'go', '--in', installation.home);
    const tested = await installation.json<PluginTestView>('plugin', 'test', folder);
    expect(tested).toMatchObject({ plugin: 'go', failed: 0 });
    const { plugins } = await installation.json<PluginsView>('plugin', 'ls');
    expect(plugins.find(({ id }) => id === 'go')).toMatchObject({ source: 'folder', version: '1.0.0' });

    await installation.up();
    const token = (await installation.token('read', 'push:time-zones', 'request:time-zones')).secret;
    const from = join(folder, 'example');
    const project = await createGitProject(installation, { pipeline: 'time-zones', token, from });
    await project.commit('From the template');
    const pushed = await project.push();
    const client = installation.client(token);
    const language = await noteNewestBuild(client, 'time-zones');
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect(pushed.stderr).toMatch(/tests: 2 passed, 0 failed/);

    const data = 'Volumes/main/slowlane/data/zones';
    await put(`directories/${data}`);
    await put(`files/${data}/airports.csv`, 'faa,tzone\nA,Europe/Madrid\nB,UTC\nC,UTC\n');
    const { id } = await client.createRequest({ operation: 'time-zones', body: { data: `/${data}` } });
    const request: RequestView = await client.waitForRequest(id);
    noteRun(language);
    expect(request.failure).toBeUndefined();
    const result: ResultView = await client.getResult(id);
    const file = result.files.find(({ name }) => name === 'zones.csv');
    expect(await (await fetch(file?.href ?? '')).text()).toBe('zone,airports\nUTC,2\nEurope/Madrid,1\n');
  }, 600_000);

  /** As any Databricks client would. */
  async function put(path: string, body = ''): Promise<void> {
    type Env = { DATABRICKS_HOST: string; DATABRICKS_TOKEN: string };
    const workspace = await installation.json<Env>('workspace', 'env');
    const answer = await fetch(`${workspace.DATABRICKS_HOST}/api/2.0/fs/${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${workspace.DATABRICKS_TOKEN}` },
      body,
    });
    expect(answer.ok, await answer.text()).toBe(true);
  }
});
