import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abuseTable, abuseTests } from '@slowlane/abuse';
import type { SandboxCommand, SupervisedEnd } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import { canStartTestHelper, leaveNote, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { notClaimed } from './not-claimed.ts';

const uid = 61_000 + (process.pid % 4_000);
const asUser = ['/usr/bin/setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--'];
// A machine may forbid user namespaces to ordinary users: there this tier cannot be had.
const namespaces = canStartTestHelper()
  ? await run([...asUser, '/usr/bin/unshare', '--user', '--map-root-user', '--mount', '--', '/bin/true'])
  : undefined;

describe.skipIf(namespaces?.ok !== true)('tier rootless, for a user without any rights', () => {
  let helper: TestHelper;
  let folder: string;
  beforeAll(async () => {
    helper = await startTestHelper({ rootlessUid: uid });
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-rootless-`));
    chownSync(folder, uid, uid);
  });
  afterAll(async () => {
    await helper?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('withstands every abuse test but those that it names', async ({ task }) => {
    const report = await helper.driver.probe();
    const rows = abuseTable(report.findings, report.notClaimed);
    leaveNote(task, { kind: 'abuse', driver: 'rootless', tier: report.tier, rows });
    expect(report.findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, tier: 'rootless' });
    expect(rows.filter((row) => row.notClaimed !== undefined).map((row) => row.id)).toEqual(Object.keys(notClaimed));
    expect(rows.filter((row) => row.ok)).toHaveLength(abuseTests.length);
  });

  it('ends a program that grows beyond its memory, and says so', async () => {
    // Grows and stays: however late the watchdog looks, it is there to be seen.
    const script = 'import time; b = b"x" * (200 << 20); print("grown", flush=True); time.sleep(60)';
    const { end } = await runOnce(helper, ['/usr/bin/python3', '-c', script], { memoryBytes: 96 * 1_048_576 });
    expect(end.reason).toBe('oom');
    expect(end.usage.oomKills).toBe(1);
    expect(end.usage.maxMemoryBytes).toBeGreaterThan(96 * 1_048_576);
  });

  it('gives a program no more processes than its limit, each sandbox by itself', async () => {
    const script = `
import os, signal
children = []
try:
    while True:
        child = os.fork()
        if child == 0: signal.pause()
        children.append(child)
except OSError: print(len(children))
for child in children: os.kill(child, 9)`;
    const [one, other] = await Promise.all(
      [1, 2].map(() => runOnce(helper, ['/usr/bin/python3', '-c', script], { pids: 40 })),
    );
    expect([Number(one?.stdout), Number(other?.stdout)]).toEqual([38, 38]);
  });

  it('opens the way to the gateway and to nothing else', async () => {
    const gateway = createServer((request, response) => response.end(`gateway ${request.url}`));
    const socketPath = `${folder}/gateway.sock`;
    await new Promise<void>((resolve) => gateway.listen(socketPath, resolve));
    chownSync(socketPath, uid, uid);
    try {
      expect(await ask(helper, { mode: 'gateway', socketPath })).toBe('gateway /maven/x');
      expect(await ask(helper, { mode: 'none' })).toBe('');
    } finally {
      gateway.close();
    }
  });

  it('keeps a supervised program when the helper is killed, and ends it by its id after', async () => {
    const spec = helper.spec({ work: { kind: 'none' } });
    await helper.driver.supervise(spec, { argv: ['/bin/sleep', '600'], net: { mode: 'none' } }, folder);
    await helper.kill();
    await helper.restart();
    expect(await helper.driver.isRunning(spec.id)).toBe(true);
    await helper.driver.kill(spec.id, 'kill');
    await expect.poll(() => helper.driver.isRunning(spec.id), { timeout: 20_000 }).toBe(false);
    expect((JSON.parse(readFileSync(`${folder}/ended.json`, 'utf8')) as SupervisedEnd).reason).toBe('cancelled');
  });
});

async function ask(helper: TestHelper, net: SandboxCommand['net']): Promise<string> {
  const script =
    'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:3128/maven/x").read().decode(), end="")';
  const { stdout } = await runOnce(helper, ['/usr/bin/python3', '-c', script], {}, net);
  return stdout;
}

async function runOnce(
  helper: TestHelper,
  argv: string[],
  limits: object,
  net: SandboxCommand['net'] = { mode: 'none' },
) {
  const spec = helper.spec();
  const sandbox = await helper.driver.create({ ...spec, limits: { ...spec.limits, ...limits } });
  try {
    const running = await sandbox.exec({ argv, net });
    running.stdin.end();
    const [stdout] = await Promise.all([running.stdout.toArray(), running.stderr.toArray()]);
    return { end: await running.done, stdout: Buffer.concat(stdout as Buffer[]).toString() };
  } finally {
    await sandbox.destroy();
  }
}
