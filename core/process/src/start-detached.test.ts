import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identify, isAlive } from './identity.ts';
import { startDetached } from './start-detached.ts';
import { start } from './start.ts';
import { terminate } from './terminate.ts';

describe('detached programs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/slowlane-process-`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('write into files, and are known by pid and start time', async () => {
    const identity = startDetached(['/bin/sh', '-c', 'echo "$ONLY"; echo err >&2; sleep 60'], {
      env: { ONLY: 'mine', PATH: '/bin' },
      stdout: `${folder}/out`,
      stderr: `${folder}/err`,
    });
    await vi.waitFor(() => expect(readFileSync(`${folder}/err`, 'utf8')).toBe('err\n'));
    expect(readFileSync(`${folder}/out`, 'utf8')).toBe('mine\n');
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, startTicks: identity.startTicks + 1 })).toBe(false);
    await terminate(identity, { group: true });
    expect(isAlive(identity)).toBe(false);
    await terminate(identity);
  });

  it('outlive the process that started them', async () => {
    const source = `
      import { startDetached } from ${JSON.stringify(new URL('./start-detached.ts', import.meta.url).href)};
      console.log(JSON.stringify(startDetached(['/bin/sleep', '60'])));`;
    const starter = start([process.execPath, '--input-type=module', '-e', source]);
    const text = Buffer.concat((await starter.stdout?.toArray()) as Buffer[]).toString();
    await starter.ended;
    const identity = JSON.parse(text) as { pid: number; startTicks: number };
    expect(isAlive(identity)).toBe(true);
    await terminate(identity);
  });

  it('are killed when they ignore TERM', async () => {
    const identity = startDetached(['/bin/sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'], {
      env: { PATH: '/bin' },
      stdout: `${folder}/out`,
    });
    await vi.waitFor(() => expect(readFileSync(`${folder}/out`, 'utf8')).toBe('up\n'));
    await terminate(identity, { graceMs: 100 });
    expect(isAlive(identity)).toBe(false);
  });

  it('throw when the program does not exist', () => {
    expect(() => startDetached(['/does/not/exist'])).toThrow(expect.objectContaining({ code: 'ground.missing' }));
  });
});

describe('identify', () => {
  it('knows this process, and no process of a pid that cannot be', () => {
    expect(identify(process.pid)?.startTicks).toBeGreaterThan(0);
    expect(identify(4_194_305)).toBeUndefined();
  });
});
