import { join } from 'node:path';
import type { JsonObject, RequestView, ResultView } from '@slowlane/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

/** Templates that the demo does not show, with a request on a few lines of data and what comes of it. */
const templates: { template: string; pipeline: string; body: JsonObject; files: Record<string, string> }[] = [
  {
    template: 'driver-java-maven',
    pipeline: 'busiest-routes',
    body: { origins: ['EWR', 'JFK'], most: 2 },
    files: {
      'routes.csv': `origin,dest,name,flights,distance
EWR,BOS,"Logan, General",1,200
JFK,LAX,Los Angeles Intl,2,2475
JFK,BOS,"Logan, General",1,187
`,
    },
  },
];

const data = {
  'flights.csv': `origin,dest,distance
JFK,LAX,2475
JFK,LAX,2475
JFK,BOS,187
EWR,BOS,200
JFK,XXX,10
`,
  'airports.csv': 'faa,name\nLAX,Los Angeles Intl\nBOS,"Logan, General"\n',
};

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
  await installation.up();
  const folder = 'Volumes/main/slowlane/data/nycflights13';
  await put(`directories/${folder}`);
  for (const [name, text] of Object.entries(data)) await put(`files/${folder}/${name}`, text);
}, 240_000);
afterAll(() => installation.close(), 120_000);

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

describe.each(templates)('templates/$template', ({ template, pipeline, body, files }) => {
  it('is copied, pushed, built, registered and run on real Spark', async () => {
    const token = (await installation.token('read', `push:${pipeline}`, `request:${pipeline}`)).secret;
    const from = join(repository, 'templates', template);
    const project = await createGitProject(installation, { pipeline, token, from });
    await project.commit('From the template');
    const pushed = await project.push();
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect(pushed.stderr).toMatch(/tests: [1-9]\d* passed, 0 failed/);

    const client = installation.client(token);
    const { id } = await client.createRequest({ operation: pipeline, body });
    const request: RequestView = await client.waitForRequest(id);
    expect(request.failure).toBeUndefined();
    expect(request.state).toBe('succeeded');
    const result: ResultView = await client.getResult(id);
    for (const [name, text] of Object.entries(files)) {
      const file = result.files.find((one) => one.name === name);
      expect(await (await fetch(file?.href ?? '')).text()).toBe(text);
    }
  }, 600_000);
});
