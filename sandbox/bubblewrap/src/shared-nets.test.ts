import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canStartTestHelper, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import type { SandboxCommand } from '@slowlane/contracts';

const listen = `import socket,time
s=socket.socket(); s.bind(("127.0.0.1",7077)); s.listen(); print("listening",flush=True)
while True: s.accept()[0].sendall(b"hello")`;
const ask = `import socket
try: print(socket.create_connection(("127.0.0.1",7077),5).recv(5).decode())
except OSError as error: print(type(error).__name__)`;
const interfaces = `print(sorted(line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line))`;

describe.skipIf(!canStartTestHelper())('a shared network namespace', () => {
  let helper: TestHelper;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-net-`));
    helper = await startTestHelper();
  });
  afterAll(async () => {
    await helper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets sandboxes of its name reach each other on 127.0.0.1, and nobody else', async () => {
    const records = mkdtempSync(`${folder}/r-`);
    const server = helper.spec();
    await helper.driver.supervise(server, python(listen, { mode: 'shared', name: 'one' }), records);
    await vi.waitFor(() => expect(readFileSync(`${records}/stdout`, 'utf8')).toBe('listening\n'), 10_000);
    expect(await said(ask, { mode: 'shared', name: 'one' })).toBe('hello\n');
    expect(await said(ask, { mode: 'shared', name: 'two' })).toBe('ConnectionRefusedError\n');
    expect(await said(ask, { mode: 'none' })).toBe('ConnectionRefusedError\n');
    expect(await said(interfaces, { mode: 'shared', name: 'one' })).toBe("['lo']\n");
    await helper.driver.kill(server.id, 'kill');
    await gone(server.id);
  }, 60_000);

  it('outlives a killed helper with its users, and the next helper removes it when the last is gone', async () => {
    const records = mkdtempSync(`${folder}/r-`);
    const server = helper.spec();
    await helper.driver.supervise(server, python(listen, { mode: 'shared', name: 'kept' }), records);
    await vi.waitFor(() => expect(readFileSync(`${records}/stdout`, 'utf8')).toBe('listening\n'), 10_000);
    await helper.kill();
    await helper.restart();
    expect(await said(ask, { mode: 'shared', name: 'kept' })).toBe('hello\n');
    const holder = JSON.parse(readFileSync(`${helper.stateDir}/nets/kept`, 'utf8')) as { pid: number };
    await helper.driver.kill(server.id, 'kill');
    await gone(server.id);
    await helper.driver.reap();
    expect(readdirSync(`${helper.stateDir}/nets`)).toEqual([]);
    await vi.waitFor(() => expect(() => process.kill(holder.pid, 0)).toThrow());
  }, 60_000);

  it("refuses this machine's network, and names that are none", async () => {
    await expect(said('', { mode: 'host' })).rejects.toMatchObject({ code: 'sandbox.refused' });
    await expect(said('', { mode: 'shared', name: '../etc' })).rejects.toThrow();
  });

  async function said(program: string, net: SandboxCommand['net']): Promise<string> {
    const sandbox = await helper.driver.create(helper.spec());
    try {
      const running = await sandbox.exec(python(program, net));
      let text = '';
      running.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      running.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await running.done;
      return text;
    } finally {
      await sandbox.destroy();
    }
  }

  function gone(id: string): Promise<void> {
    return vi.waitFor(async () => expect(await helper.driver.isRunning(id)).toBe(false), 10_000);
  }
});

function python(program: string, net: SandboxCommand['net']): SandboxCommand {
  return { argv: ['/usr/bin/python3', '-c', program], net };
}
