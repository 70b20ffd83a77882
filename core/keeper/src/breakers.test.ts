import { type GateControl, SlowLaneError } from '@slowlane/contracts';
import { type Clock, type DatabricksClient, createDatabricksClient, systemClock } from '@slowlane/databricks';
import { createMemoryLogger } from '@slowlane/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Breakers, createBreakers } from './breakers.ts';
import { type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';

const never = new AbortController().signal;
let now = 0;
const clock: Clock = { now: () => now, sleep: (_ms, signal) => systemClock.sleep(0, signal) };
let workspace: HostileWorkspace;
let client: DatabricksClient;
let gate: string[];
let breakers: Breakers;

beforeEach(async () => {
  now = 1_000_000;
  gate = [];
  workspace = await startHostileWorkspace();
  const logger = createMemoryLogger();
  client = createDatabricksClient({
    host: workspace.url,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    logger,
  });
  breakers = createBreakers({
    workspace: () => client,
    gate: {
      busy: async (dimension: string, { by, until = 0 }: Parameters<GateControl['busy']>[1]) =>
        void gate.push(`busy ${dimension} ${by} ${until - now}`),
      free: async (dimension: string, by: string) => gate.push(`free ${dimension} ${by}`) > 0,
    },
    settings: { failures: 3, probeMs: 1_000, maxProbeMs: 3_000, silenceMs: 20_000 },
    clock,
    logger,
  });
});

afterEach(async () => {
  await client.close();
  await workspace.close();
});

async function meet(code: 'workspace.unavailable' | 'workspace.rejected' | 'workspace.throttled', times = 1) {
  for (let time = 0; time < times; time++) {
    const call = () => Promise.reject(new SlowLaneError(code, `failure ${time}`));
    await expect(breakers.count('main', call)).rejects.toMatchObject({ code });
  }
}

it('opens after failures without an answer between them, and holds the workspace at the gate', async () => {
  await meet('workspace.unavailable', 2);
  await breakers.count('main', async () => 1);
  await meet('workspace.unavailable', 2);
  await meet('workspace.rejected');
  await meet('workspace.unavailable', 2);
  expect(() => breakers.check('main')).not.toThrow();
  await meet('workspace.unavailable');
  expect(gate).toEqual(['busy ws:main circuit-breaker 31000']);
  expect(breakers.view()).toMatchObject([{ workspace: 'main', state: 'open', failures: 3, reason: 'failure 0' }]);
  expect(() => breakers.check('main')).toThrow(
    expect.objectContaining({ code: 'workspace.unavailable', data: { retryAfterMs: 1_000 } }),
  );
  expect(() => breakers.check('other')).not.toThrow();
});

it('does not count limits', async () => {
  await meet('workspace.throttled', 20);
  expect(() => breakers.check('main')).not.toThrow();
});

it('probes with growing pauses, and closes with the first answer', async () => {
  await meet('workspace.unavailable', 3);
  workspace.faults.set('runs/list', [500, 'cut']);
  await breakers.probe(never);
  expect(workspace.calls).toEqual([]);
  now += 1_000;
  await breakers.probe(never);
  expect(breakers.view()).toMatchObject([{ state: 'open', nextProbeAt: now + 2_000 }]);
  now += 2_000;
  await breakers.probe(never);
  expect(breakers.view()).toMatchObject([{ state: 'open', nextProbeAt: now + 3_000 }]);
  now += 3_000;
  await breakers.probe(never);
  expect(breakers.view()).toEqual([{ workspace: 'main', state: 'closed', failures: 0, since: now }]);
  expect(gate.at(-1)).toBe('free ws:main circuit-breaker');
  expect(workspace.calls).toHaveLength(3);
});

it('tries a needed workspace that was not heard of for some time, and opens after two tries without an answer', async () => {
  await breakers.count('main', async () => 1);
  now += 19_000;
  await breakers.probeSilent(['main'], never);
  expect(workspace.calls).toEqual([]);
  now += 1_000;
  workspace.faults.set('runs/list', ['cut']);
  await breakers.probeSilent(['main'], never);
  expect(breakers.view()).toMatchObject([{ state: 'closed', failures: 0 }]);
  await breakers.probeSilent(['main'], never);
  expect(workspace.calls).toHaveLength(2);
  now += 20_000;
  workspace.faults.set('runs/list', [503, 'cut']);
  await breakers.probeSilent(['main'], never);
  expect(breakers.view()).toMatchObject([{ workspace: 'main', state: 'open', failures: 2 }]);
  expect(gate).toEqual(['busy ws:main circuit-breaker 31000']);
});
