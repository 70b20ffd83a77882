import { SlowLaneError } from '@slowlane/contracts';
import { type TestRedis, createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import fc from 'fast-check';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueWith } from './open-queue.ts';
import type { Queue } from './queue.ts';
import { scriptFolder } from './scripts.ts';

/** The gate against a model of it that knows nothing of heads, blocked sets or dirty dimensions. */
interface ModelPart {
  request: string;
  dimensions: Record<string, number>;
  class: string;
  /** Order at the gate: smaller first. */
  order: number;
  state: 'waiting' | 'granted' | 'running';
}

type Step =
  | { do: 'park'; operation: number; pool: number; weight: number; erp: number; priority: number; parts: number }
  | { do: 'submit' | 'succeed' | 'fail' | 'cancel'; pick: number }
  | { do: 'limit'; dimension: string; limit: number };

const pick = fc.nat(1_000);
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('park' as const),
        operation: fc.nat(3),
        pool: fc.nat(1),
        weight: fc.integer({ min: 1, max: 3 }),
        erp: fc.nat(2),
        priority: fc.nat(2),
        parts: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('submit' as const), pick }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('succeed' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('limit' as const),
        dimension: fc.constantFrom('*', 'op:o0', 'op:o1', 'pool:p0', 'pool:p1', 'res:erp'),
        limit: fc.nat(8),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 45 },
);

const startLimits = {
  '*': 6,
  'op:o0': 3,
  'op:o1': 3,
  'op:o2': 3,
  'op:o3': 3,
  'pool:p0': 5,
  'pool:p1': 4,
  'res:erp': 3,
};
const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();

let redis: TestRedis;
let system = 0;

beforeAll(async () => {
  // What is tested are decisions, not the disk.
  redis = await startRedis({ appendfsync: 'no' });
});
afterAll(() => redis.stop());

interface Variant {
  folder?: string;
  /** Heavy parts hold a dimension at once, and so something that fits may wait. */
  impatient?: boolean;
}

async function play(sequence: readonly Step[], { folder = scriptFolder, impatient = false }: Variant): Promise<void> {
  const inner = { scriptFolder: folder, patienceMs: impatient ? 0 : 600_000 };
  const queue = await openQueueWith({ url: redis.url, prefix: `p${system++}`, logger: createMemoryLogger() }, inner);
  try {
    const game = await createGame(queue, impatient);
    for (const step of sequence) {
      await game.take(step);
      await game.check();
    }
    await game.finish();
  } finally {
    await queue.close();
  }
}

async function createGame(queue: Queue, impatient: boolean) {
  const limits: Record<string, number> = { ...startLimits };
  const parts = new Map<string, ModelPart>();
  let arrivals = 0;
  let seen = '0-0';
  await queue.gate.declare(limits);

  const inState = (...states: ModelPart['state'][]) => [...parts].filter(([, { state }]) => states.includes(state));
  const chosen = (from: [string, ModelPart][], at: number) => from[at % Math.max(1, from.length)];
  const limitOf = (dimension: string) => limits[dimension] ?? Infinity;

  function use(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const [, { dimensions }] of inState('granted', 'running')) {
      for (const [dimension, weight] of Object.entries(dimensions)) sum[dimension] = (sum[dimension] ?? 0) + weight;
    }
    return sum;
  }
  async function park(step: Extract<Step, { do: 'park' }>): Promise<void> {
    const dimensions: Record<string, number> = {
      '*': 1,
      [`op:o${step.operation}`]: step.weight,
      [`pool:p${step.pool}`]: step.weight,
      ...(step.erp > 0 ? { 'res:erp': step.erp } : {}),
    };
    const { request } = await queue.requests.accept(sampleRequest());
    const impossible = Object.entries(dimensions).some(
      ([dimension, weight]) => limitOf(dimension) > 0 && weight > limitOf(dimension),
    );
    const parking = queue.requests.park(request.id, {
      mediated: {},
      parts: Array.from({ length: step.parts }, (_, index) => ({ key: `k${index}`, document: {} })),
      claim: { dimensions, priority: step.priority },
      resultPath: '/x',
    });
    if (impossible) {
      await expect(parking).rejects.toMatchObject({ code: 'request.impossible' });
      return;
    }
    await parking;
    for (let index = 0; index < step.parts; index++) {
      const order = step.priority * 1e9 + arrivals++;
      parts.set(`${request.id}-${index}`, {
        request: request.id,
        dimensions,
        class: JSON.stringify(dimensions),
        order,
        state: 'waiting',
      });
    }
  }
  async function submit(id: string, part: ModelPart): Promise<void> {
    const claimed = await queue.requests.claim(id, 'node', 60_000);
    const fence = claimed?.fence ?? 0;
    expect(await queue.requests.intend(id, fence, { attempt: 1, token: id })).toBe(true);
    expect(await queue.requests.bind(id, fence, { runId: id, runPageUrl: undefined, pollMs: 60_000 })).toBe(true);
    part.state = 'running';
  }
  /** What is not running ends with its request; what runs ends when it is released. */
  function drop(request: string): void {
    for (const [id, part] of parts) if (part.request === request && part.state !== 'running') parts.delete(id);
  }
  async function take(step: Step): Promise<void> {
    if (step.do === 'park') return park(step);
    if (step.do === 'limit') {
      limits[step.dimension] = step.limit;
      return queue.gate.set(step.dimension, step.limit, 'test', 'step');
    }
    const [id, part] =
      chosen(
        step.do === 'submit' ? inState('granted') : step.do === 'cancel' ? [...parts] : inState('granted', 'running'),
        step.pick,
      ) ?? [];
    if (id === undefined || part === undefined) return;
    if (step.do === 'submit') return submit(id, part);
    if (step.do === 'cancel') {
      drop(part.request);
      await queue.requests.cancel(part.request, 'test');
      return;
    }
    parts.delete(id);
    if (step.do === 'fail') drop(part.request);
    const outcome = step.do === 'fail' ? ({ state: 'failed', failure } as const) : ({ state: 'succeeded' } as const);
    expect(await queue.requests.release(id, { ...outcome, runMs: 0, log: undefined })).toBe(true);
  }
  async function check(): Promise<void> {
    const granted = await takeGrants();
    const sum = use();
    for (const view of await queue.gate.list()) {
      if (view.inUse !== (sum[view.dimension] ?? 0))
        throw new Error(`use of ${view.dimension} is ${view.inUse}, runs weigh ${sum[view.dimension]}`);
      const waiting = inState('waiting').filter(([, { dimensions }]) => view.dimension in dimensions).length;
      if (view.waiting !== waiting) throw new Error(`${view.waiting} wait on ${view.dimension}, not ${waiting}`);
    }
    for (const { dimensions } of granted) {
      for (const dimension of Object.keys(dimensions)) {
        if ((sum[dimension] ?? 0) > limitOf(dimension)) throw new Error(`granted over the limit of ${dimension}`);
      }
    }
    if (!impatient) nothingThatFitsIsLeft(sum);
  }
  /** Parts that were granted since the last look and still hold their slot. */
  async function takeGrants(): Promise<ModelPart[]> {
    const events = await queue.events.read(seen, 10_000, 0);
    seen = events.at(-1)?.id ?? seen;
    const grants: ModelPart[] = [];
    for (const { type, subject } of events) {
      const part = parts.get(subject.part ?? '');
      if (type !== 'part.granted' || part === undefined) continue;
      if (part.state !== 'waiting') throw new Error(`granted twice: ${subject.part}`);
      for (const [, other] of inState('waiting')) {
        if (other.class === part.class && other.order < part.order) throw new Error('order within a class');
      }
      part.state = 'granted';
      grants.push(part);
    }
    return grants;
  }
  function nothingThatFitsIsLeft(sum: Record<string, number>): void {
    const heads = new Map<string, ModelPart>();
    for (const [, part] of inState('waiting')) {
      if (part.order < (heads.get(part.class)?.order ?? Infinity)) heads.set(part.class, part);
    }
    for (const { dimensions, class: name } of [...heads.values()].sort((a, b) => a.order - b.order)) {
      const full = Object.entries(dimensions).filter(
        ([dimension, weight]) => (sum[dimension] ?? 0) + weight > limitOf(dimension),
      );
      if (full.length === 0) throw new Error(`lost wake-up: ${name}`);
      // Strict order on the global limit: nothing overtakes what waits for that alone.
      if (full.length === 1 && full[0]?.[0] === '*') return;
    }
  }
  async function finish(): Promise<void> {
    for (const [dimension, limit] of Object.entries(startLimits)) {
      await take({ do: 'limit', dimension, limit });
      await check();
    }
    for (let rounds = 0; parts.size > 0 && rounds < 1_000; rounds++) {
      await check();
      await take({ do: 'succeed', pick: 0 });
    }
    await check();
    if (parts.size > 0) throw new Error(`${parts.size} parts never ended`);
  }
  return { take, check, finish };
}

describe('the gate, whatever happens in whatever order', () => {
  it('counts right, never passes a limit, keeps order, loses no wake-up, and ends everything', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(sequence, {})),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('still ends everything when heavy parts hold what they wait for', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => play(sequence, { impatient: true })),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('is tested sharply enough: a gate that forgets to mark a dimension as free is found out', async () => {
    const folder = join(redis.dir, 'mutant');
    cpSync(scriptFolder, folder, { recursive: true });
    const text = readFileSync(join(folder, 'gate.lua'), 'utf8');
    const line = "if claim.dimension ~= '*' then redis.call('SADD', key('gate:dirty'), claim.dimension) end";
    expect(text).toContain(line);
    writeFileSync(join(folder, 'gate.lua'), text.replace(line, ''));
    const verdict = await fc.check(
      fc.asyncProperty(steps, (sequence) => play(sequence, { folder })),
      { numRuns: 150, endOnFailure: true },
    );
    expect(verdict.failed).toBe(true);
  });
});
