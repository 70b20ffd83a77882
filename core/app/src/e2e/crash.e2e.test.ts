import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildView, RequestView } from '@slowlane/contracts';
import { createGitProject, type GitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

/** A driver that is busy for as long as it is told, so that a kill falls into its run. */
const slowDriver = {
  'main.py': `import json, pathlib, sys, time
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
request = json.loads(pathlib.Path(given["--request"]).read_text())
time.sleep(request["seconds"])
folder = pathlib.Path(given["--result"])
folder.mkdir(parents=True, exist_ok=True)
(folder / "done.json").write_text(json.dumps([request["name"]]))
`,
  '.slowlane/slow.yaml': `pipeline: slow
job: { main: main.py, timeout: 10m }
operation:
  mediate: { split: { by: names, as: name }, merge: [{ file: done.json, as: json }] }
  gates: { concurrency: 2 }
`,
};

let installation: TestInstallation;
let token: string;
let project: GitProject;

beforeAll(async () => {
  installation = await createTestInstallation();
  await installation.up();
  token = (await installation.token('read', 'push:slow', 'push:big', 'push:medium', 'request:slow')).secret;
  project = await createGitProject(installation, { pipeline: 'slow', token });
  project.write(slowDriver);
  await project.commit('A slow driver');
  const pushed = await project.push();
  if (pushed.exitCode !== 0) throw new Error(pushed.stderr);
});
afterAll(() => installation.close());

async function kill(name: string): Promise<void> {
  const { processes } = await installation.json<{ processes: { name: string; pid?: number; running: boolean }[] }>(
    'status',
  );
  const found = processes.find((process) => process.name === name);
  if (found?.pid === undefined) throw new Error(`${name} does not run`);
  process.kill(found.pid, 'SIGKILL');
}

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  // A build of sbt beside another suite's takes minutes.
  for (let tries = 0; tries < 1_200; tries++) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await pause(200);
  }
  throw new Error(`never seen: ${what}`);
}

/** The workspace's own record: which run-now calls it carried out. */
async function runsOf(request: string): Promise<string[]> {
  const env = await installation.json<{ DATABRICKS_HOST: string; DATABRICKS_TOKEN: string }>('workspace', 'env');
  const response = await fetch(`${env.DATABRICKS_HOST}/api/2.2/jobs/runs/list?limit=24`, {
    headers: { authorization: `Bearer ${env.DATABRICKS_TOKEN}` },
  });
  const { runs = [] } = (await response.json()) as {
    runs?: { run_id: number; job_parameters?: { name: string; value: string }[] }[];
  };
  return runs
    .filter((run) => run.job_parameters?.some(({ value }) => value.includes(request)))
    .map((run) => String(run.run_id));
}

async function running(id: string): Promise<RequestView> {
  const client = installation.client(token);
  return until(async () => {
    const request = await client.getRequest(id);
    return request.parts.filter((part) => part.state === 'running').length === 2 ? request : undefined;
  }, 'two running parts');
}

describe('kill -9 in the middle of a run', () => {
  it.each(['service', 'workspace'])('of the %s: everything goes on to its end, one run per part', async (name) => {
    const { id } = await installation
      .client(token)
      .createRequest({ operation: 'slow', body: { names: ['a', 'b', 'c'], seconds: 6 } });
    await running(id);
    await kill(name);
    const { started } = await installation.up();
    expect(started).toContain(name);
    const request = await installation.client(token).waitForRequest(id);
    expect(request.failure).toBeUndefined();
    expect(request.state).toBe('succeeded');
    expect(request.parts.map((part) => part.attempt)).toEqual([1, 1, 1]);
    expect((await runsOf(id)).sort()).toEqual(request.parts.map((part) => part.runId).sort());
  });

  it('of redis: refused with 503 meanwhile, nothing acknowledged is lost, it goes on by itself', async () => {
    const client = installation.client(token);
    const accepted = await client.createRequest({ operation: 'slow', body: { names: ['r'], seconds: 3 } });
    await kill('redis');
    const refusals: { status: number; retryAfter: string | null }[] = [];
    const acknowledged = [accepted.id];
    await until(async () => {
      const response = await fetch(`${installation.url}/v1/requests`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ operation: 'slow', body: { names: ['s'], seconds: 0 } }),
      });
      if (response.status !== 202) {
        refusals.push({ status: response.status, retryAfter: response.headers.get('retry-after') });
        return undefined;
      }
      acknowledged.push(((await response.json()) as { id: string }).id);
      return true;
    }, 'a 202 after the outage');
    expect(refusals.length, 'the outage must have been seen').toBeGreaterThan(0);
    for (const refusal of refusals) {
      expect(refusal.status).toBe(503);
      expect(Number(refusal.retryAfter)).toBeGreaterThan(0);
    }
    for (const id of acknowledged) expect((await client.waitForRequest(id)).state).toBe('succeeded');
  });
});

describe('kill -9 in the middle of a build', () => {
  it('of the service: the build goes on to its end and registers nothing; the same push again registers without a sandbox', async () => {
    const big = await createGitProject(installation, { pipeline: 'big', token });
    big.write({
      'project/build.properties': 'sbt.version=1.11.7\n',
      'build.sbt':
        'scalaVersion := "2.13.16"\nname := "big"\nlibraryDependencies += "org.apache.spark" %% "spark-sql" % "4.0.1" % Provided\n',
      'src/main/scala/Main.scala': 'object Main { def main(args: Array[String]): Unit = println("big") }\n',
      '.slowlane/big.yaml': 'pipeline: big\njob: { main: Main }\n',
    });
    await big.commit('Big');
    const pushing = big.push();
    const client = installation.client(token);
    const build = await until(
      async () => (await client.listBuilds({ pipeline: 'big' })).builds.find((view) => view.state === 'building'),
      'a build under way',
    );
    await kill('service');
    expect((await pushing).exitCode).not.toBe(0);
    await installation.up();
    const ended: BuildView = await until(async () => {
      const view = await client.getBuild(build.id);
      return ['built', 'registered', 'failed'].includes(view.state) ? view : undefined;
    }, 'the end of the build');
    expect(ended.state, JSON.stringify(ended.failure)).toBe('built');
    expect(ended.registrations ?? []).toEqual([]);
    const again = await big.push();
    expect(again.exitCode, again.stderr).toBe(0);
    const newest = (await client.listBuilds({ pipeline: 'big' })).builds[0];
    expect(newest).toMatchObject({ state: 'registered', cachedFrom: build.id });
  });

  it('of the workspace in the middle of a build: the push goes on to its end', async () => {
    const medium = await createGitProject(installation, { pipeline: 'medium', token });
    medium.write({
      'project/build.properties': 'sbt.version=1.11.7\n',
      'build.sbt': 'scalaVersion := "2.13.16"\nname := "medium"\n',
      'src/main/scala/Main.scala': 'object Main { def main(args: Array[String]): Unit = println("medium") }\n',
      '.slowlane/medium.yaml': 'pipeline: medium\njob: { main: Main }\n',
    });
    await medium.commit('Medium');
    const pushing = medium.push();
    const client = installation.client(token);
    await until(
      async () => (await client.listBuilds({ pipeline: 'medium' })).builds.find((view) => view.state === 'building'),
      'a build under way',
    );
    await kill('workspace');
    await installation.up();
    const pushed = await pushing;
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect((await client.listBuilds({ pipeline: 'medium' })).builds[0]).toMatchObject({ state: 'registered' });
  });
});
