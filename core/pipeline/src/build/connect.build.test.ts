import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createServer, type Server } from 'node:tls';
import type { DependencyGateway, GatewayDoor, PlanStep, Sandbox } from '@slowlane/contracts';
import { canStartTestHelper, createMemoryBlobStore, createMemoryLogger, startTestHelper } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGitGateway } from '../__fixtures__/git-gateway.ts';
import { temporaryFolder } from '../__fixtures__/stage-rig.ts';
import { unverifiedIn, withProxy } from './proxy-settings.ts';

const java = `import java.net.*;
public class Ask { public static void main(String[] a) throws Exception { ((HttpURLConnection) new URL(a[0]).openConnection()).getResponseCode(); } }`;
const python =
  'import ssl,sys,urllib.request as u; print(u.urlopen(sys.argv[1], context=ssl._create_unverified_context()).read())';

/** Tools as builds have them, each asking for one address; those that cannot be told to trust the test's certificate end with an error behind the tunnel. */
const tools: [string, (url: string) => string[]][] = [
  ['curl', (url) => ['/usr/bin/curl', '--silent', '--insecure', url]],
  ['Python', (url) => ['/usr/bin/python3', '-c', python, url]],
  ['git', (url) => ['/usr/bin/git', '-c', 'http.sslVerify=false', 'ls-remote', url]],
  [
    'Java',
    (url) => ['/bin/sh', '-c', 'printf %s "$1" >Ask.java && exec /usr/bin/java Ask.java "$2"', 'ask', java, url],
  ],
];

describe.skipIf(!canStartTestHelper())('a build whose pipeline asks for a host', { timeout: 120_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let helper: Awaited<ReturnType<typeof startTestHelper>>;
  let gateway: DependencyGateway;
  let server: Server;
  let sandbox: Sandbox;
  let host: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startTlsServer(folder.path);
    host = `127.0.0.2:${(server.address() as AddressInfo).port}`;
    helper = await startTestHelper();
    gateway = await openGitGateway(folder.path, {
      caBundle: undefined,
      blobs: createMemoryBlobStore(),
      logger: createMemoryLogger(),
    });
    sandbox = await helper.driver.create(
      {
        id: 'connect',
        root: helper.root,
        mounts: [],
        env: { PATH: '/usr/bin:/bin', HOME: '/work' },
        limits: {
          ...{ wallMs: 60_000, memoryBytes: 1024 ** 3, pids: 256, cpus: 2, workBytes: 64 * 1024 ** 2 },
          ...{ workInodes: 1_000, outputBytes: 1024 ** 2, tmpBytes: 16 * 1024 ** 2 },
        },
        work: { kind: 'volume' },
        identity: 'slot',
      },
      new AbortController().signal,
    );
  });
  afterAll(async () => {
    await sandbox?.destroy();
    await gateway?.close();
    await helper?.close();
    await new Promise((resolve) => server?.close(resolve));
    await folder?.remove();
  });

  async function askThrough(
    connect: string[],
    argv: string[],
  ): Promise<{ door: GatewayDoor; said: string; words: string }> {
    const door = await gateway.open({ id: 'connect', registries: [], connect });
    const step = withProxy({ name: 'ask', phase: 'resolve', argv, cwd: '.', env: {} } as unknown as PlanStep);
    const running = await sandbox.exec({
      argv: step.argv,
      env: step.env,
      cwd: '/work',
      net: { mode: 'gateway', socketPath: door.socketPath },
    });
    running.stdin.end();
    const [said, words] = await Promise.all([text(running.stdout), text(running.stderr), running.done]);
    await door.close();
    return { door, said, words };
  }

  it.each(tools)('goes to the gateway with %s, which opens what was named only', async (_tool, argvFor) => {
    const { door } = await askThrough([host], argvFor('https://files.example.org/file'));
    expect(door.tunnels?.()).toEqual([]);
    expect(door.denied()[0]).toMatchObject({
      path: 'CONNECT files.example.org:443',
      reason: expect.stringMatching(/^gateway\.denied: .*none of the hosts of this build/),
    });
  });

  // A JVM never takes a proxy for loopback addresses, and this host has one.
  it.each(tools.filter(([tool]) => tool !== 'Java'))('reaches it with %s', async (_tool, argvFor) => {
    const { door, words } = await askThrough([host], argvFor(`https://${host}/file`));
    expect(door.tunnels?.().length, words).toBeGreaterThan(0);
    expect(new Set(door.tunnels?.().map((tunnel) => tunnel.host))).toEqual(new Set([host]));
  });

  it('gets what is there, which its log calls not verified', async () => {
    const { door, said } = await askThrough(
      [host],
      ['/usr/bin/curl', '--silent', '--insecure', `https://${host}/file`],
    );
    expect(said).toBe('file');
    expect(unverifiedIn(door.tunnels?.() ?? [])).toEqual([
      expect.stringMatching(`NOT VERIFIED: 1 connections to ${host}, \\S+ \\S+ received, \\S+ \\S+ sent`),
    ]);
    expect(door.served()).toEqual([]);
  });
});

async function startTlsServer(folder: string): Promise<Server> {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.pem')];
  execFileSync(
    '/usr/bin/openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.2', '-addext', 'subjectAltName=IP:127.0.0.2'],
    ],
    { stdio: 'ignore' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfile'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  return server;
}
