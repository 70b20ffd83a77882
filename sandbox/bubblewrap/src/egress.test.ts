import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, start } from '@slowlane/process';
import type { Started } from '@slowlane/process';
import { canStartTestHelper, runInSandbox, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';

/** Metadata services, a "public" and a "host" address: all on `lo` of a network namespace of the test's own, so that no packet can leave the machine. */
const addresses = ['169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.2.7', '198.51.100.9', 'fd00:ec2::254'];
const inNamespace = [
  ...['/usr/bin/unshare', '--net', '--', '/bin/sh', '-c'],
  `set -e; ip link set lo up; for a in ${addresses.join(' ')}; do ip addr add "$a" dev lo; done; exec "$@"`,
  'in-namespace',
];
const listen = `
import socket, sys, threading
def serve(family, address):
    server = socket.socket(family, socket.SOCK_STREAM); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, 8080)); server.listen()
    while True: server.accept()[0].close()
threading.Thread(target=serve, args=(socket.AF_INET, "0.0.0.0"), daemon=True).start()
threading.Thread(target=serve, args=(socket.AF_INET6, "fd00:ec2::254"), daemon=True).start()
print("ready", flush=True); sys.stdin.read()`;
const attack = `
import errno, socket, sys
for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            s = socket.socket(family, kind); s.settimeout(3); s.connect((address, 8080)); s.send(b"x"); print(address, "REACHED")
        except OSError as error:
            print(address, errno.errorcode.get(error.errno, error))`;

describe.skipIf(!canStartTestHelper())('the way out of a sandbox', () => {
  let helper: TestHelper;
  let listener: Started;
  let gateway: Server;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(`${tmpdir()}/slowlane-egress-`);
    helper = await startTestHelper({ launcher: inNamespace });
    listener = start(inHelper(['/usr/bin/python3', '-c', listen]), { stdin: 'pipe' });
    await listener.stdout?.iterator({ destroyOnReturn: false }).next();
    gateway = createServer((request, response) => response.end(`gateway ${request.url}`));
    await new Promise<void>((resolve) => gateway.listen(`${folder}/gateway.sock`, resolve));
  });
  afterAll(async () => {
    gateway.close();
    listener.kill('SIGKILL');
    await helper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is open without a sandbox: the attacks can succeed', async () => {
    const { stdout } = await run(inHelper(['/usr/bin/python3', '-c', attack, ...addresses]));
    expect(stdout.split('\n').filter((line) => line.endsWith('REACHED')).length).toBe(2 * addresses.length);
  });

  it('is closed inside, with and without the gateway', async () => {
    const sandbox = await helper.driver.create(helper.spec());
    const argv = ['/usr/bin/python3', '-c', attack, ...addresses];
    for (const net of [{ mode: 'none' }, { mode: 'gateway', socketPath: `${folder}/gateway.sock` }] as const) {
      const { stdout, end } = await runInSandbox(sandbox, { argv, net });
      expect(end).toMatchObject({ reason: 'exit', code: 0 });
      const answers = stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1]);
      expect(new Set(answers)).toEqual(new Set(['ENETUNREACH']));
      expect(answers.length).toBe(2 * addresses.length);
    }
    await sandbox.destroy();
  });

  it('leads to the gateway, and to nothing else on loopback', async () => {
    const sandbox = await helper.driver.create(helper.spec());
    const fetch = 'import sys, urllib.request as u\nprint(u.urlopen(sys.argv[1]).read().decode())';
    const get = (port: number) =>
      runInSandbox(sandbox, {
        argv: ['/usr/bin/python3', '-c', fetch, `http://127.0.0.1:${port}/maven/x`],
        net: { mode: 'gateway', socketPath: `${folder}/gateway.sock` },
      });
    expect((await get(3128)).stdout).toBe('gateway /maven/x\n');
    expect((await get(8080)).stderr).toContain('Connection refused');
    const { stderr } = await runInSandbox(sandbox, {
      argv: ['/usr/bin/python3', '-c', fetch, 'http://127.0.0.1:3128/'],
    });
    expect(stderr).toContain('Connection refused');
    await sandbox.destroy();
  });

  function inHelper(argv: string[]): string[] {
    return ['/usr/bin/nsenter', `--net=/proc/${helper.pid}/ns/net`, '--', ...argv];
  }
});
