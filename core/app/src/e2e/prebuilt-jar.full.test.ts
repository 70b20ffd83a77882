import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RequestView, ResultView } from '@slowlane/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { noteNewestBuild, noteRun } from './__fixtures__/note-stages.ts';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

/** The company's repository: what the test publishes, by path. */
const published = new Map<string, Buffer | string>();
const data = 'Volumes/main/slowlane/data/prebuilt';
let company: Server;
let installation: TestInstallation;
beforeAll(async () => {
  company = createServer((request, response) => {
    const found = published.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200).end(found ?? '');
  });
  await new Promise<void>((resolve) => company.listen(0, '127.0.0.1', resolve));
  const { port } = company.address() as AddressInfo;
  installation = await createTestInstallation(
    `registries: { company: "http://127.0.0.1:${port}/releases/" }\npolicy: { egress: [maven, company] }\n`,
  );
  await installation.up();
}, 240_000);
afterAll(async () => {
  await installation.close();
  company.closeAllConnections();
  await new Promise((resolve) => company.close(resolve));
}, 120_000);

describe('templates/driver-jar', () => {
  it('runs on real Spark the JAR that another pipeline made and its team published', async () => {
    publish(await builtByGradle());

    const pipeline = 'prebuilt-traffic';
    const token = (await installation.token('read', `push:${pipeline}`, `request:${pipeline}`)).secret;
    const from = join(repository, 'templates/driver-jar');
    const project = await createGitProject(installation, { pipeline, token, from });
    await project.commit('Version 1.0.0');
    const pushed = await project.push();
    const client = installation.client(token);
    const language = await noteNewestBuild(client, pipeline);
    expect(pushed.exitCode, pushed.stderr).toBe(0);

    await putFlights('origin,dest,distance\nJFK,LAX,2475\nJFK,BOS,187\nLGA,ATL,762\n');
    const { id } = await client.createRequest({ operation: pipeline, body: { origins: ['JFK'], data: `/${data}` } });
    const request: RequestView = await client.waitForRequest(id);
    noteRun(language);
    expect(request.failure).toBeUndefined();
    expect(request.state).toBe('succeeded');
    const result: ResultView = await client.getResult(id);
    const file = result.files.find((one) => one.name === 'traffic.csv');
    expect(await (await fetch(file?.href ?? '')).text()).toBe('origin,flights,destinations,miles\nJFK,2,2,2662\n');
  }, 1_200_000);
});

async function builtByGradle(): Promise<Buffer> {
  const pipeline = 'airport-traffic';
  const token = (await installation.token('read', `push:${pipeline}`)).secret;
  const from = join(repository, 'templates/driver-java-gradle');
  const project = await createGitProject(installation, { pipeline, token, from });
  await project.commit('From the template');
  const pushed = await project.push();
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  const client = installation.client(token);
  const [build] = (await client.listBuilds({ pipeline })).builds;
  const answer = await client.openArtifact(build?.id ?? '', 'airport-traffic-1.0.0.jar');
  return Buffer.from(await answer.arrayBuffer());
}

/** As a team's release leaves it: the JAR and its POM, with their checksums. */
function publish(jar: Buffer): void {
  const pom =
    '<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>airport-traffic</artifactId><version>1.0.0</version></project>';
  for (const [extension, bytes] of [
    ['jar', jar],
    ['pom', pom],
  ] as const) {
    const path = `/releases/org/example/airport-traffic/1.0.0/airport-traffic-1.0.0.${extension}`;
    published.set(path, bytes).set(`${path}.sha1`, createHash('sha1').update(bytes).digest('hex'));
  }
}

/** As any Databricks client would. */
async function putFlights(text: string): Promise<void> {
  type Env = { DATABRICKS_HOST: string; DATABRICKS_TOKEN: string };
  const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: secret } = await installation.json<Env>('workspace', 'env');
  for (const [path, body] of [
    [`directories/${data}`, ''],
    [`files/${data}/flights.csv`, text],
  ]) {
    const headers = { authorization: `Bearer ${secret}` };
    const answer = await fetch(`${host}/api/2.0/fs/${path ?? ''}`, { method: 'PUT', headers, body: body ?? '' });
    expect(answer.ok, await answer.text()).toBe(true);
  }
}
