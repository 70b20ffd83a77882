import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConformanceRequest } from '@slowlane/cli';
import { startConformanceWorkspace } from '../conformance/__fixtures__/conformance-workspace.ts';
import type { Installation } from '../processes/installation.ts';
import { workspaceConformance } from './workspace-conformance.ts';

describe('the conformance suite against another host', { timeout: 60_000 }, () => {
  let workspace: Awaited<ReturnType<typeof startConformanceWorkspace>>;
  let foreign: Server;
  let folder: string;
  const variables: Record<string, string> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slowlane-conformance-command-'));
    workspace = await startConformanceWorkspace();
    foreign = withoutControls(workspace.host);
    foreign.listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    variables['THEIR_TOKEN'] = workspace.token;
    variables['THEIR_PRINCIPAL'] = await principal();
  });
  afterAll(async () => {
    foreign?.closeAllConnections();
    foreign?.close();
    await workspace?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('holds its OAuth against the cases with a service principal from a variable', async () => {
    const { rows, failed } = await run({ principalEnv: 'THEIR_PRINCIPAL' });
    expect(failed).toBe(0);
    const passed = rows.filter(({ verdict }) => verdict === 'pass').map(({ client, id }) => `${client} ${id}`);
    expect(passed).toEqual(expect.arrayContaining(['raw oidc/m2m', 'ours oidc/m2m', 'raw oidc/m2m-lifetime']));
  });

  it('leaves those cases out, and says so, without one', async () => {
    const { rows } = await run({});
    expect(rows.find(({ client, id }) => client === 'raw' && id === 'oidc/m2m')?.verdict).toBe('skip');
  });

  it.each([
    ['NOT_THERE', 'the variable NOT_THERE with the principal is not set'],
    ['THEIR_TOKEN', 'the variable THEIR_TOKEN must hold <client id>:<secret>'],
  ])('refuses the variable %s', async (principalEnv, message) => {
    await expect(run({ principalEnv })).rejects.toMatchObject({ code: 'cli.usage', message });
  });

  function run(more: Partial<ConformanceRequest>): ReturnType<typeof workspaceConformance> {
    const { port } = foreign.address() as AddressInfo;
    const installation = { environment: { home: folder, secret: (name: string) => variables[name] } } as Installation;
    const all = { volume: undefined, sparkVersion: undefined, nodeType: undefined };
    return workspaceConformance(
      installation,
      {
        ...{ ...all, host: `http://127.0.0.1:${port}/`, tokenEnv: 'THEIR_TOKEN', clients: ['raw', 'ours'] },
        ...{ glob: 'oidc/**', ...more },
      },
      () => undefined,
    );
  }

  async function principal(): Promise<string> {
    const response = await fetch(`${workspace.host}/slowlane/service-principals`, {
      method: 'POST',
      headers: { authorization: `Bearer ${workspace.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ display_name: 'ci' }),
    });
    const { client_id, client_secret } = (await response.json()) as Record<string, string>;
    return `${client_id}:${client_secret}`;
  }
});

/** A workspace of which only the vendor's own calls are known, like a real one. */
function withoutControls(host: string): Server {
  return createServer((request, response) => {
    if (request.url?.startsWith('/slowlane/') === true) {
      response.writeHead(404).end();
      return;
    }
    const { method = 'GET', headers } = request;
    const forwarded = httpRequest(`${host}${request.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  });
}
