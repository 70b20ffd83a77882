import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsOf, readEnvironment, type Paths } from '@slowlane/config';
import type { Logger } from '@slowlane/contracts';
import { isAlive } from '@slowlane/process';
import { openQueue } from '@slowlane/queue';
import { findProcess } from './process-record.ts';
import { ensureRedis } from './redis-server.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let home: string;
let paths: Paths;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slowlane-redis-'));
  paths = pathsOf({ ...readEnvironment({}), home });
  for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('our own redis', () => {
  it('has every write on disk before its answer', async () => {
    const redis = await ensureRedis(paths, silent);
    const queue = await openQueue({ url: redis.url, logger: silent });
    expect(await queue.checkDurability()).toMatchObject({ durable: true });
    await queue.close();
    await redis.close();
  });

  it('is started again on the same port when it dies, and keeps what it acknowledged', async () => {
    const redis = await ensureRedis(paths, silent);
    const queue = await openQueue({ url: redis.url, logger: silent });
    const id = await queue.events.append({
      type: 'gate.limit',
      correlationId: 'cor_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      subject: {},
      data: { dimension: '*', limit: 1, by: 'test', reason: 'x' },
    });
    const first = findProcess(paths.run, 'redis');
    process.kill(first?.pid as number, 'SIGKILL');
    let last = '';
    for (let tries = 0; tries < 400 && last !== id; tries++) {
      last = await queue.events.last().catch(() => '');
      if (last !== id) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(last).toBe(id);
    expect(findProcess(paths.run, 'redis')?.pid).not.toBe(first?.pid);
    await queue.close();
    await redis.close();
  });

  it('outlives the one who started it and is adopted, not started twice', async () => {
    const first = await ensureRedis(paths, silent);
    const identity = findProcess(paths.run, 'redis');
    const second = await ensureRedis(paths, silent);
    expect(second.url).toBe(first.url);
    expect(findProcess(paths.run, 'redis')).toEqual(identity);
    await second.close();
    await first.close();
    expect(identity !== undefined && isAlive(identity)).toBe(false);
  });
});
