import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '@slowlane/config';
import { run } from '@slowlane/process';
import { firstClosed, noEnclosure, openEnclosure, rootEnclosure } from './enclosure.ts';

const stranger = { uid: 61_999, gid: 61_999 };

describe.skipIf(process.getuid?.() !== 0)('what root starts', () => {
  let closed: string;
  beforeEach(() => {
    closed = mkdtempSync(join(tmpdir(), 'slowlane-closed-'));
    chmodSync(closed, 0o700);
    for (const name of ['home', 'ground', 'app']) mkdirSync(join(closed, name));
    writeFileSync(join(closed, 'app', 'code.txt'), 'code');
    chownSync(join(closed, 'home'), stranger.uid, stranger.gid);
  });
  afterEach(() => rmSync(closed, { recursive: true }));

  function enclosureOf() {
    const environment = { ...readEnvironment({}), home: join(closed, 'home'), ground: join(closed, 'ground') };
    return rootEnclosure(environment, join(closed, 'app'));
  }

  it('stays where it is for a container engine, as an ordinary user, and only where all may pass', async () => {
    const result = await run([...openEnclosure.prefix(stranger), '/bin/sh', '-c', 'id -u; readlink /proc/self/ns/mnt']);
    const own = await run(['/usr/bin/readlink', '/proc/self/ns/mnt']);
    expect(result.stdout).toBe(`61999\n${own.stdout}`);
    expect(openEnclosure.prefix('root')).toEqual([]);
    expect(firstClosed(['/usr/bin', join(closed, 'app'), tmpdir()])).toBe(join(closed, 'app'));
    chmodSync(closed, 0o711);
    expect(firstClosed(['/usr/bin', join(closed, 'app'), tmpdir()])).toBeUndefined();
  });

  it('reaches a checkout and a state folder below a closed folder, as an ordinary user', async () => {
    const { prefix, inside } = enclosureOf();
    const result = await run([
      ...prefix(stranger),
      '/bin/sh',
      '-c',
      'id -u && cat "$1" && echo state > "$2"',
      'sh',
      inside(join(closed, 'app/code.txt')),
      inside(join(closed, 'home/state.txt')),
    ]);
    expect(result.stdout, result.stderr).toBe('61999\ncode');
    expect(existsSync(join(closed, 'home/state.txt'))).toBe(true);
  });

  it('shows the host nothing of its mounts, and loosens no mode', async () => {
    const { prefix, inside } = enclosureOf();
    expect((await run([...prefix('root'), '/bin/true'])).ok).toBe(true);
    const asStranger = await run([
      '/usr/bin/setpriv',
      '--reuid',
      '61999',
      '--regid',
      '61999',
      '--clear-groups',
      '--',
      '/bin/cat',
      inside(join(closed, 'app/code.txt')),
    ]);
    expect(asStranger.ok).toBe(false);
    const mounts = await run(['/bin/cat', '/proc/self/mounts']);
    expect(mounts.stdout).not.toContain(inside(closed));
    expect((await run(['/usr/bin/stat', '-c', '%a', closed])).stdout.trim()).toBe('700');
  });

  it('gives an ordinary user no way back to root', async () => {
    const { prefix } = enclosureOf();
    const result = await run([
      ...prefix(stranger),
      '/bin/grep',
      '-E',
      '^(NoNewPrivs|CapEff|Groups)',
      '/proc/self/status',
    ]);
    expect(result.stdout.replaceAll(/[ \t]+/g, ' ')).toMatch(/Groups: ?\nCapEff: 0{16}\nNoNewPrivs: 1/);
  });
});

describe('what an ordinary user starts', () => {
  it('stays where it is', () => {
    expect(noEnclosure.inside('/home/me/x')).toBe('/home/me/x');
    expect(noEnclosure.prefix('root')).toEqual([]);
  });
});
