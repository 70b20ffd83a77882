import { setTimeout as pause } from 'node:timers/promises';
import * as testkit from '@slowlane/testkit';
import { expect, it, vi } from 'vitest';
import type { FakeRun } from './hostile-workspace.ts';
import { watchMany } from './watching-many.ts';

const count = 2_000;
const quietMs = 30_000;

// The figure of the design, with the settings of production: 2,000 runs polled every 30 s each would be 4,000 calls a minute.
it('watches 2,000 runs with few calls, and sees their ends within 30 s at the 99th percentile', async () => {
  const many = await watchMany(testkit, count, {});
  try {
    await vi.waitFor(() => expect(many.calls('GET runs/get')).toBeGreaterThanOrEqual(count), { timeout: 120_000 });
    const before = many.workspace.calls.length;
    await pause(quietMs);
    const quiet = many.workspace.calls.length - before;

    const endedAt = new Map<string, number>();
    const left = [...many.workspace.runs];
    while (left.length > 0) {
      for (const run of left.splice(0, 100)) end(run, endedAt);
      await pause(1_000);
    }
    await vi.waitFor(() => expect(many.seenAt.size).toBe(count), { timeout: 120_000, interval: 500 });
    const waits = [...endedAt].map(([runId, at]) => (many.seenAt.get(runId) as number) - at).sort((a, b) => a - b);
    const p99 = waits[Math.floor(waits.length * 0.99)] as number;
    const total = many.workspace.calls.length - before - quiet;
    process.stdout.write(`quiet minute: ${quiet * 2} calls; ${count} ends: ${total} calls, p99 ${p99} ms\n`);
    expect(quiet).toBeLessThan(count / 20);
    expect(p99).toBeLessThanOrEqual(30_000);
    expect(total).toBeLessThan(count * 3);
  } finally {
    await many.close();
  }

  function end(run: FakeRun, endedAt: Map<string, number>): void {
    many.workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    endedAt.set(String(run.runId), Date.now());
  }
}, 400_000);
