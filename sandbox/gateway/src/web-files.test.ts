import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';
import { publicLookup } from './web-files.ts';

let server: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;
let host: string;

beforeEach(async () => {
  server = await startRegistry({ '/x/app-1.0.jar': 'jar' });
  host = new URL(server.url).host;
  const named = `http://localhost:${new URL(server.url).port}`;
  open = await openGateway({}, { webHosts: [`http://${host}`, named, 'files.example.org'], limits: { attempts: 1 } });
  door = await open.gateway.open({ id: 'bld_1', registries: ['web'] });
});
afterEach(async () => {
  await open.close();
  await server.stop();
});

describe('the registry of single files', () => {
  it('is there only where hosts are named', async () => {
    expect(Object.keys(open.gateway.upstreams())).toEqual(['web']);
    expect((await open.reopen({ webHosts: [] })).upstreams()).toEqual({});
  });

  it('serves files of named hosts, and keeps them for ever', async () => {
    const path = `/web/http/${host}/x/app-1.0.jar`;
    expect((await ask(door.socketPath, path)).text).toBe('jar');
    server.replies.set('/x/app-1.0.jar', 'other');
    expect((await ask(door.socketPath, path)).text).toBe('jar');
    expect(door.served()[0]).toEqual({ path, digest: digestOf('jar'), size: 3, immutable: true });
  });

  it.each([
    ['a host that is not named', 'https/other.example.org/x.jar'],
    ['a named host at another port', 'http/127.0.0.1:1/x.jar'],
    ['a host without TLS that is named with it', 'http/files.example.org/x.jar'],
    ['metadata services', 'http/169.254.169.254/latest/meta-data'],
  ])('refuses %s', async (_what, path) => {
    expect(await ask(door.socketPath, `/web/${path}`)).toMatchObject({
      status: 403,
      text: expect.stringContaining('none of the hosts'),
    });
    expect(server.asked).toEqual([]);
  });

  it('refuses a name that leads inside, although it is named', async () => {
    const { port } = new URL(server.url);
    const answer = await ask(door.socketPath, `/web/http/localhost:${port}/x/app-1.0.jar`);
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('an address inside the network') });
    expect(server.asked).toEqual([]);
  });

  it('follows redirects to named hosts only', async () => {
    server.replies.set('/r', { status: 302, headers: { location: `${server.url}/x/app-1.0.jar` } });
    server.replies.set('/evil', { status: 302, headers: { location: 'http://169.254.169.254/x.jar' } });
    expect((await ask(door.socketPath, `/web/http/${host}/r`)).text).toBe('jar');
    expect(await ask(door.socketPath, `/web/http/${host}/evil`)).toMatchObject({
      status: 502,
      text: expect.stringContaining('redirects to 169.254.169.254'),
    });
  });
});

describe('publicLookup', () => {
  it('refuses a name with one inner address among public ones', async () => {
    const found = [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const lookup = publicLookup((_name, _options, callback) => callback(null, found));
    const error = await new Promise((resolve) => lookup('x.example.org', {}, resolve));
    expect(error).toMatchObject({ code: 'gateway.denied', message: expect.stringContaining('10.0.0.1') });
  });

  it('hands out public ones, in the form that is asked for', async () => {
    const lookup = publicLookup((_name, _options, callback) => callback(null, [{ address: '8.8.8.8', family: 4 }]));
    expect(await new Promise((resolve) => lookup('x', {}, (_, address) => resolve(address)))).toBe('8.8.8.8');
    expect(await new Promise((resolve) => lookup('x', { all: true }, (_, all) => resolve(all)))).toEqual([
      { address: '8.8.8.8', family: 4 },
    ]);
  });
});
