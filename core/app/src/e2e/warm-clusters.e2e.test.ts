import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  BuildView,
  ClusterList,
  ClusterView,
  LinksRevoked,
  Promoted,
  RequestAccepted,
  RequestView,
  ResultView,
  RunView,
} from '@slowlane/contracts';
import { type GitHost, startGitHost } from '@slowlane/testkit';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const yaml = `pools:
  default: { num_workers: 0, node_type_id: local }
  warm: { num_workers: 0, node_type_id: local, max: 1, idle_minutes: 60 }
policy: { pools: [default, warm] }
`;

const files = {
  'tides.py': `import json
import sys
import time
from pathlib import Path

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
asked = json.loads(Path(arguments["--request"]).read_text())
folder = Path(arguments["--result"])
(folder / "progress").mkdir(parents=True, exist_ok=True)
(folder / "progress" / "000001.json").write_text(json.dumps({"percent": 40, "message": "reading tides"}))
print("harbour", asked["harbour"])
time.sleep(asked["seconds"])
(folder / "tides.json").write_text(json.dumps({"harbour": asked["harbour"]}))
`,
  '.slowlane/tides.yaml': `pipeline: warm-tides
job: { timeout: 10m, compute: { pool: warm, reuse: true } }
targets: { dev: { workspace: local }, prod: { workspace: local, promote: manual } }
operation:
  request: { type: object, properties: { harbour: { type: integer }, seconds: { type: integer } } }
`,
};

let installation: TestInstallation;
let host: GitHost;
let hostFolder: string;
let repository: string;
beforeAll(async () => {
  hostFolder = mkdtempSync(join(tmpdir(), 'slowlane-git-host-'));
  // The service's account reads the CA's certificate.
  chmodSync(hostFolder, 0o755);
  host = await startGitHost(hostFolder);
  repository = `${host.url}/team/tides.git`;
  const company = `ca_bundle: ${host.caFile}\nsources: [{ match: "${repository}" }]\n`;
  installation = await createTestInstallation(yaml + company);
  await installation.up();
  const token = (await installation.token('read', 'push:warm-tides')).secret;
  const project = await createGitProject(installation, { pipeline: 'warm-tides', token });
  project.write(files);
  await project.commit('Tides');
  const pushed = await project.push();
  expect(pushed.exitCode, pushed.stderr).toBe(0);
}, 400_000);
afterAll(async () => {
  await installation.close();
  await host.close();
  rmSync(hostFolder, { recursive: true });
}, 120_000);

async function ask(body: object, pipeline = 'warm-tides'): Promise<string> {
  return (await installation.json<RequestAccepted>('request', 'create', pipeline, '--data', JSON.stringify(body))).id;
}

const clusters = async (): Promise<ClusterView[]> => (await installation.json<ClusterList>('cluster', 'ls')).clusters;

describe('a pipeline that reuses clusters, on a whole Slow Lane', () => {
  it('runs two requests on one cluster, says how far it is, and its log and result are at hand', async () => {
    const first = await ask({ harbour: 3, seconds: 4 });
    const waited = await installation.slowlane('request', 'wait', first);
    expect(waited.exitCode, waited.stderr).toBe(0);
    expect(`${waited.stdout}${waited.stderr}`).toContain('40 %  reading tides');
    const [warm] = await clusters();
    expect(warm).toMatchObject({ pool: 'warm', state: 'ready', parts: [] });

    const second = await ask({ harbour: 5, seconds: 0 });
    expect((await installation.json<RequestView>('request', 'wait', second)).state).toBe('succeeded');
    expect((await clusters()).map(({ id }) => id)).toEqual([warm?.id]);
    const logs = await installation.slowlane('request', 'logs', second);
    expect(logs.stdout).toContain('harbour 5');

    const { href } = await installation.json<{ href: string }>('result', 'link', second, 'tides.json', '--ttl', '5m');
    expect(await (await fetch(href)).json()).toEqual({ harbour: 5 });
    expect(await installation.json<LinksRevoked>('result', 'revoke', second, href)).toMatchObject({ revoked: 'one' });
    expect((await fetch(href)).status).toBe(410);
  }, 300_000);

  it('cancels one run and goes on with the cluster, until somebody ends it', async () => {
    const id = await ask({ harbour: 1, seconds: 300 });
    await expect
      .poll(() => installation.json<RequestView>('request', 'show', id), { timeout: 120_000, interval: 1_000 })
      .toMatchObject({ parts: [{ state: 'running' }] });
    expect(await installation.json<RunView>('run', 'cancel', `${id}/all`)).toMatchObject({ state: 'cancelling' });
    const show = () => installation.json<RequestView>('request', 'show', id);
    await expect.poll(async () => (await show()).state, { timeout: 60_000, interval: 1_000 }).toBe('failed');
    const [cluster] = await clusters();
    await installation.json<ClusterView>('cluster', 'end', cluster?.id as string);
    await expect.poll(clusters, { timeout: 60_000, interval: 1_000 }).toEqual([]);
  }, 300_000);

  it('is promoted to a target that waits for a person, without a build', async () => {
    const promoted = await installation.json<Promoted>('pipeline', 'promote', 'warm-tides', '--to', 'prod');
    expect(promoted).toMatchObject({ target: 'prod', workspace: 'local', jobId: expect.stringMatching(/^\d+$/) });
  }, 60_000);
});

describe('a pipeline whose file names a git repository of the company', () => {
  const build = () => installation.json<BuildView>('pipeline', 'build', 'fetched-tides');
  let first: BuildView;

  it('is fetched, built and registered when asked for, and runs', async () => {
    const commit = host.commit('team/tides', { 'tides.py': files['tides.py'] });
    const file = join(installation.folder, 'fetched-tides.yaml');
    writeFileSync(
      file,
      `pipeline: fetched-tides\nsource: { git: "${repository}", ref: main }\njob: { timeout: 10m }\noperation: {}\n`,
    );
    await installation.json('pipeline', 'apply', file);
    first = await build();
    expect(first).toMatchObject({ state: 'registered', commit, plugin: 'python' });
    expect(first.cachedFrom).toBeUndefined();

    const id = await ask({ harbour: 8, seconds: 0 }, 'fetched-tides');
    expect((await installation.json<RequestView>('request', 'wait', id)).state).toBe('succeeded');
    const { files: results } = await installation.json<ResultView>('result', 'get', id);
    const href = results.find(({ name }) => name === 'tides.json')?.href ?? '';
    expect(await (await fetch(href)).json()).toEqual({ harbour: 8 });
  }, 300_000);

  it('is not built again while its branch has not moved', async () => {
    const second = await build();
    expect(second).toMatchObject({ state: 'registered', commit: first.commit, cachedFrom: first.id });
    expect(second.registrations?.[0]?.jobId).toBe(first.registrations?.[0]?.jobId);
  }, 60_000);
});
