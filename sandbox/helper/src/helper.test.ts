import { existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger, SandboxSpec } from '@slowlane/contracts';
import { createDummyDriver } from '@slowlane/dummy';
import type { DummyDriver } from '@slowlane/dummy';
import { runInSandbox, sandboxContractSuite, shellInSandbox } from '@slowlane/testkit';
import { connectHelper } from './connect-helper.ts';
import { readFrames, writeFrame } from './frames.ts';
import { serveHelper } from './serve-helper.ts';
import type { HelperServer } from './serve-helper.ts';

const net = { mode: 'none' } as const;
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('helper and its client', () => {
  let folder: string;
  let socketPath: string;
  let dummy: DummyDriver;
  let server: HelperServer;
  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-helper-test-`));
    socketPath = `${folder}/helper.sock`;
    dummy = createDummyDriver({ folder });
    server = await serveHelper({ driver: dummy, socketPath, owner, logger: quiet });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keep the contract of the driver behind them', async () => {
    const findings = await sandboxContractSuite(connectHelper(socketPath), { spec: spec(), folder });
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
  }, 60_000);

  it('talk over a socket that only its owner may open', () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  });

  it('hand on a failure with its code, message and hint', async () => {
    dummy.dials.failToStart = true;
    await expect(connectHelper(socketPath).create(spec())).rejects.toMatchObject({
      code: 'sandbox.failed',
      message: 'the dummy is set to fail',
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown call', { call: 'shell' }, 'call'],
    ['an unknown key in a specification', { call: 'create', spec: { ...spec(), privileged: true } }, 'privileged'],
    ['a negative limit', { call: 'create', spec: { ...spec(), limits: { ...spec().limits, pids: -1 } } }, 'pids'],
    ['an id that is a path', { call: 'kill', id: '../x', how: 'kill' }, 'id'],
    ['an exec without a sandbox', { call: 'exec', command: { argv: ['x'], net } }, 'no sandbox'],
    ['an empty argv', { call: 'exec', command: { argv: [], net } }, 'argv'],
  ])('refuse %s', async (_, call, named) => {
    const answer = await raw(Buffer.from(JSON.stringify(call)));
    expect(answer).toMatchObject({
      ok: false,
      failure: { code: 'sandbox.refused', message: expect.stringContaining(named) },
    });
  });

  it('answer text that is no JSON with a failure, and go on', async () => {
    expect(await raw(Buffer.from('{'))).toMatchObject({ ok: false });
    expect(await connectHelper(socketPath).isRunning('x')).toBe(false);
  });

  it('close a connection whose frames break the format, and no other', async () => {
    const driver = connectHelper(socketPath);
    const sandbox = await driver.create(spec());
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(9, 0xff),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1]),
    ]) {
      const socket = await opened();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await shellInSandbox(sandbox, 'echo alive')).stdout).toBe('alive\n');
    await sandbox.destroy();
  });

  it('destroy a sandbox with the connection that made it', async () => {
    const driver = connectHelper(socketPath);
    const sandbox = await driver.create(spec());
    await sandbox.exec({ argv: ['/bin/sleep', '60'], net });
    await server.close();
    expect(existsSync(`${folder}/work-h`)).toBe(false);
    server = await serveHelper({ driver: dummy, socketPath, owner, logger: quiet });
  });

  it('say that the helper is gone: to calls, to programs and to readers', async () => {
    const driver = connectHelper(socketPath);
    const sandbox = await driver.create(spec());
    const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'echo up; exec sleep 60'], net });
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const lost = expect(running.done).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    const read = expect(running.stdout.toArray()).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    await server.close();
    await lost;
    await read;
    await expect(sandbox.exec({ argv: ['/bin/true'], net })).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    await expect(driver.probe()).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    await sandbox.destroy();
    server = await serveHelper({ driver: dummy, socketPath, owner, logger: quiet });
  });

  it('hold up a program whose output is not read, and no stream beside it', async () => {
    const sandbox = await connectHelper(socketPath).create(spec());
    const held = await sandbox.exec({ argv: ['/bin/sh', '-c', 'head -c 8000000 /dev/zero; echo through >&2'], net });
    let errors = '';
    held.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    // Meanwhile another program's bytes go both ways, many windows of them.
    const input = 'x'.repeat(3_000_000);
    expect((await runInSandbox(sandbox, { argv: ['/bin/cat'], input })).stdout === input).toBe(true);
    expect(errors).toBe('');
    held.stdin.end();
    const bytes = Buffer.concat((await held.stdout.toArray()) as Buffer[]).length;
    expect([bytes, (await held.done).code]).toEqual([8_000_000, 0]);
    await vi.waitFor(() => expect(errors).toBe('through\n'));
    await sandbox.destroy();
  });

  it('let a program go on whose reader has lost interest', async () => {
    const sandbox = await connectHelper(socketPath).create(spec());
    const running = await sandbox.exec({ argv: ['/bin/sh', '-c', 'head -c 8000000 /dev/zero; exit 5'], net });
    running.stdin.end();
    running.stdout.destroy();
    running.stderr.resume();
    expect(await running.done).toMatchObject({ code: 5 });
    await sandbox.destroy();
  });

  async function opened(): Promise<Socket> {
    const socket = connect(socketPath);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }

  async function raw(payload: Buffer): Promise<unknown> {
    const socket = await opened();
    const answer = new Promise<unknown>((resolve) =>
      readFrames(socket, (frame) => resolve(JSON.parse(frame.payload.toString()))),
    );
    writeFrame(socket, { kind: 'message', number: 1, payload });
    const value = await answer;
    socket.destroy();
    return value;
  }
});

function spec(): SandboxSpec {
  return {
    id: 'h',
    root: { digest: 'none', binds: [], symlinks: [], files: [] },
    mounts: [],
    env: {},
    limits: {
      wallMs: 30_000,
      memoryBytes: 1_073_741_824,
      pids: 100,
      cpus: 1,
      workBytes: 1_073_741_824,
      workInodes: 1_000,
      outputBytes: 16 * 1_048_576,
      tmpBytes: 1_048_576,
    },
    work: { kind: 'volume' },
    identity: 'slot',
  };
}
