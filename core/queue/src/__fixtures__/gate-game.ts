import { SlowLaneError } from '@slowlane/contracts';
import { createMemoryLogger, sampleRequest } from '@slowlane/testkit';
import fc from 'fast-check';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { applyChanges } from '../gate/gate-clock.ts';
import { keysOf } from '../redis/keys.ts';
import { openQueueWith } from '../open-queue.ts';
import { createPump } from '../gate/pump.ts';
import type { Queue } from '../queue.ts';
import { loadScripts, scriptFolder } from '../redis/scripts.ts';
import { createStore } from '../redis/store.ts';

/** The gate against a model of it that knows nothing of heads, blocked lines, dirty dimensions, planned changes or turns. */
interface ModelPart {
  request: string;
  dimensions: Record<string, number>;
  class: string;
  /** Order at the gate: smaller first. */
  order: number;
  priority: number;
  notBefore: number | undefined;
  deadline: number | undefined;
  state: 'later' | 'waiting' | 'granted' | 'running';
}

export type Step =
  | {
      do: 'park';
      operation: number;
      pool: number;
      weight: number;
      erp: number;
      tenant: number;
      priority: number;
      parts: number;
      laterH: number;
      deadlineH: number;
    }
  | { do: 'submit' | 'succeed' | 'fail' | 'cancel' | 'again'; pick: number }
  | { do: 'limit'; dimension: string; limit: number }
  | { do: 'pause'; dimension: string }
  | { do: 'release'; dimension: string }
  | { do: 'metric'; value: number }
  | { do: 'foreign'; count: number }
  | { do: 'pass'; minutes: number; clock: boolean };

const pick = fc.nat(1_000);
const dimension = fc.constantFrom('*', 'op:o0', 'op:o1', 'pool:p0', 'pool:p1', 'res:erp', 'tn:a');
export const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('park' as const),
        operation: fc.nat(3),
        pool: fc.nat(1),
        weight: fc.integer({ min: 1, max: 3 }),
        erp: fc.nat(2),
        tenant: fc.nat(2),
        priority: fc.nat(2),
        parts: fc.integer({ min: 1, max: 3 }),
        laterH: fc.constantFrom(0, 0, 0, 2, 5),
        deadlineH: fc.constantFrom(0, 0, 0, 1, 4),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('submit' as const), pick }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('succeed' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), pick }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), dimension, limit: fc.nat(8) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), dimension }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), dimension }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('metric' as const), value: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('foreign' as const), count: fc.nat(3) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        minutes: fc.constantFrom(1, 20, 70, 400),
        clock: fc.constantFrom(true, true, false),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 45 },
);

const startLimits: Record<string, number> = {
  '*': 6,
  'op:o0': 3,
  'op:o1': 3,
  'op:o2': 3,
  'op:o3': 3,
  'pool:p0': 5,
  'pool:p1': 4,
  'res:erp': 3,
  'tn:a': 3,
};
const QUOTA = 'quota:w:runs-per-hour';
const QUOTA_LIMIT = 8;
const MINUTE = 60_000;
const METRIC = { name: 'load', above: 50, below: 30, staleMs: 30 * MINUTE };
const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();

/** `[file, line of it, what stands there instead]` */
export type Mutation = readonly [file: string, line: string, instead: string];

/** A copy of the scripts whose time is a key that the test sets, changed by the mutations; each must find its line. */
export function scriptsWithClock(folder: string, mutations: readonly Mutation[] = []): string {
  cpSync(scriptFolder, folder, { recursive: true });
  const clock: Mutation = [
    'common',
    "local time = redis.call('TIME')\n  return time[1] * 1000 + math.floor(time[2] / 1000)",
    "return tonumber(redis.call('GET', key('test:now')))",
  ];
  for (const [file, line, instead] of [clock, ...mutations]) {
    const path = join(folder, `${file}.lua`);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(line)) throw new Error(`${file}.lua has no line ${line}`);
    writeFileSync(
      path,
      text.replace(line, () => instead),
    );
  }
  return folder;
}

export interface Variant {
  url: string;
  prefix: string;
  /** Made by `scriptsWithClock`. */
  folder: string;
  /** Heavy parts hold a dimension at once, and so something that fits may wait. */
  impatient?: boolean;
}

export async function play(sequence: readonly Step[], variant: Variant): Promise<void> {
  const { url, prefix, folder, impatient = false } = variant;
  const patienceMs = impatient ? 0 : 1e9;
  const raw = new Redis(url, { protocol: 2 });
  // Midnight of a day in UTC, so that the model of the window is plain arithmetic.
  const clock = { now: Math.ceil(Date.now() / 86_400_000) * 86_400_000 };
  await raw.set(`{${prefix}}:test:now`, clock.now);
  const queue = await openQueueWith(
    { url, prefix, logger: createMemoryLogger() },
    { scriptFolder: folder, patienceMs },
  );
  const scripts = loadScripts(folder, { leaseMs: 30_000, patienceMs });
  const store = createStore(raw, { keys: keysOf(prefix), scripts });
  const tick = async (runs: boolean) => {
    await raw.set(`{${prefix}}:test:now`, clock.now);
    await store.run('reap', 100);
    if (runs) await applyChanges({ store, pump: createPump(store) });
  };
  try {
    const game = await createGame({ queue, clock, tick, impatient });
    for (const step of sequence) {
      await game.take(step);
      await game.check();
    }
    await game.finish();
  } finally {
    await queue.close();
    raw.disconnect();
  }
}

interface World {
  queue: Queue;
  clock: { now: number };
  /** Sets Redis' time to the clock's; does what is due when `runs`. */
  tick(runs: boolean): Promise<void>;
  impatient: boolean;
}

async function createGame({ queue, clock, tick, impatient }: World) {
  const limits: Record<string, number> = { ...startLimits, [QUOTA]: QUOTA_LIMIT };
  const parts = new Map<string, ModelPart>();
  const ended: string[] = [];
  const paused = new Set<string>();
  const metric = { closedUntil: 0 };
  let quotaEnds: number[] = [];
  let foreign = 0;
  let arrivals = 0;
  let seen = '0-0';
  /** False while time has passed and nobody carried out what was due. */
  let upToDate = true;

  await queue.gate.declare(startLimits);
  await queue.gate.declare({ [QUOTA]: QUOTA_LIMIT });
  await queue.gate.declare({ 'res:erp': { limit: 3, windows: ['00:00-12:00'] } });
  await queue.gate.declare({ 'pool:p1': { limit: 4, metric: METRIC } });
  // What `declare` worked out for the time of day that it really is.
  clock.now += MINUTE;
  await tick(true);

  const inState = (...states: ModelPart['state'][]) => [...parts].filter(([, { state }]) => states.includes(state));
  const chosen = (from: [string, ModelPart][], at: number) => from[at % Math.max(1, from.length)];
  const isWindowOpen = () => clock.now % (24 * 60 * MINUTE) < 12 * 60 * MINUTE;
  const takenOf = (name: string) => (name === QUOTA ? quotaEnds.length : name === 'pool:p0' ? foreign : 0);
  function isClosed(name: string): boolean {
    return (
      paused.has(name) || (name === 'res:erp' && !isWindowOpen()) || (name === 'pool:p1' && metric.closedUntil > 0)
    );
  }
  const limitOf = (name: string) => (isClosed(name) ? 0 : (limits[name] ?? Infinity));

  function use(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const [, { dimensions }] of inState('granted', 'running')) {
      for (const [name, weight] of Object.entries(dimensions)) {
        if (name !== QUOTA) sum[name] = (sum[name] ?? 0) + weight;
      }
    }
    return sum;
  }
  async function park(step: Extract<Step, { do: 'park' }>): Promise<void> {
    const dimensions: Record<string, number> = {
      '*': 1,
      [QUOTA]: 1,
      [`op:o${step.operation}`]: step.weight,
      [`pool:p${step.pool}`]: step.weight,
      ...(step.erp > 0 ? { 'res:erp': step.erp } : {}),
      ...(step.tenant > 0 ? { [`tn:${step.tenant === 1 ? 'a' : 'b'}`]: 1 } : {}),
    };
    const notBefore = step.laterH > 0 ? clock.now + step.laterH * 60 * MINUTE : undefined;
    const deadline = step.deadlineH > 0 ? clock.now + step.deadlineH * 60 * MINUTE : undefined;
    const { request } = await queue.requests.accept(sampleRequest({ notBefore, deadline }));
    const isImpossible = Object.entries(dimensions).some(
      ([name, weight]) => (limits[name] ?? Infinity) > 0 && weight > (limits[name] ?? Infinity),
    );
    const refused = await queue.requests
      .park(request.id, {
        mediated: {},
        parts: Array.from({ length: step.parts }, (_, index) => ({ key: `k${index}`, document: {} })),
        claim: { dimensions, priority: step.priority },
        resultPath: '/x',
      })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    if (isImpossible !== (refused instanceof SlowLaneError && refused.code === 'request.impossible'))
      throw new Error(`refused: ${String(refused)}, impossible: ${isImpossible}`);
    if (isImpossible) return;
    for (let index = 0; index < step.parts; index++) {
      parts.set(`${request.id}-${index}`, {
        request: request.id,
        dimensions,
        class: JSON.stringify(dimensions),
        order: step.priority * 1e9 + arrivals++,
        priority: step.priority,
        notBefore,
        deadline,
        state: notBefore === undefined ? 'waiting' : 'later',
      });
    }
  }
  async function submit(id: string, part: ModelPart): Promise<void> {
    const claimed = await queue.requests.claim(id, 'node', 60_000);
    const fence = claimed?.fence ?? 0;
    must(await queue.requests.intend(id, fence, { attempt: 1, token: id }), 'intend');
    must(await queue.requests.bind(id, fence, { runId: id, runPageUrl: undefined, pollMs: 60_000 }), 'bind');
    part.state = 'running';
  }
  /** What is not running ends with its request; what runs ends when it is released. */
  function drop(request: string): void {
    for (const [id, part] of parts) {
      if (part.request !== request || part.state === 'running') continue;
      parts.delete(id);
      ended.push(id);
    }
  }
  async function release(id: string, state: 'succeeded' | 'failed'): Promise<boolean> {
    const outcome = state === 'failed' ? ({ state, failure } as const) : ({ state } as const);
    return queue.requests.release(id, { ...outcome, runMs: 0, log: undefined });
  }
  async function take(step: Step): Promise<void> {
    if (step.do === 'park') return park(step);
    if (step.do === 'pass') return pass(step);
    if (step.do === 'limit') {
      limits[step.dimension] = step.limit;
      return queue.gate.set(step.dimension, step.limit, 'test', 'step');
    }
    if (step.do === 'pause') {
      paused.add(step.dimension);
      return queue.gate.pause(step.dimension, 'test', 'step');
    }
    if (step.do === 'release') {
      must((await queue.gate.release(step.dimension, 'test')) === paused.delete(step.dimension), 'release of a pause');
      return;
    }
    if (step.do === 'metric') return post(step.value);
    if (step.do === 'foreign') {
      foreign = step.count;
      return queue.gate.foreign('other', 0, { pools: { p0: step.count } });
    }
    if (step.do === 'again') {
      const id = ended[step.pick % Math.max(1, ended.length)];
      if (id !== undefined) must(!(await release(id, 'succeeded')), 'an ended part was released again');
      return;
    }
    const from =
      step.do === 'submit' ? inState('granted') : step.do === 'cancel' ? [...parts] : inState('granted', 'running');
    const [id, part] = chosen(from, step.pick) ?? [];
    if (id === undefined || part === undefined) return;
    if (step.do === 'submit') return submit(id, part);
    if (step.do === 'cancel') {
      drop(part.request);
      await queue.requests.cancel(part.request, 'test');
      return;
    }
    parts.delete(id);
    ended.push(id);
    if (step.do === 'fail') drop(part.request);
    must(await release(id, step.do === 'fail' ? 'failed' : 'succeeded'), 'release');
  }
  async function post(value: number): Promise<void> {
    const wasClosed = metric.closedUntil > 0;
    if (value >= METRIC.above || (wasClosed && value >= METRIC.below)) metric.closedUntil = clock.now + METRIC.staleMs;
    else metric.closedUntil = 0;
    await queue.gate.metric(METRIC.name, value, 'test');
  }
  async function pass(step: Extract<Step, { do: 'pass' }>): Promise<void> {
    clock.now += step.minutes * MINUTE;
    await tick(step.clock);
    upToDate = step.clock;
    if (!step.clock) return;
    quotaEnds = quotaEnds.filter((end) => end > clock.now);
    if (metric.closedUntil <= clock.now) metric.closedUntil = 0;
    const due = inState('later').filter(([, { notBefore }]) => (notBefore ?? 0) <= clock.now);
    const byTime = due.sort(([a, { notBefore: x = 0 }], [b, { notBefore: y = 0 }]) => x - y || (a < b ? -1 : 1));
    for (const [, part] of byTime) Object.assign(part, { state: 'waiting', order: part.priority * 1e9 + arrivals++ });
    // A deadline that passed together with the start: the gate took them in the order of their times.
    for (const [, part] of inState('later', 'waiting', 'granted')) {
      if (part.deadline !== undefined && part.deadline <= clock.now) drop(part.request);
    }
  }
  async function check(): Promise<void> {
    const granted = await takeGrants();
    const sum = use();
    for (const view of await queue.gate.list()) {
      if (view.inUse !== (sum[view.dimension] ?? 0))
        throw new Error(`use of ${view.dimension} is ${view.inUse}, runs weigh ${sum[view.dimension]}`);
      if ((view.taken ?? 0) !== takenOf(view.dimension) && upToDate)
        throw new Error(`${view.taken} of ${view.dimension} are taken, not ${takenOf(view.dimension)}`);
      const waiting = inState('waiting').filter(([, { dimensions }]) => view.dimension in dimensions).length;
      if (view.waiting !== waiting) throw new Error(`${view.waiting} wait on ${view.dimension}, not ${waiting}`);
    }
    for (const { dimensions } of granted) {
      for (const name of Object.keys(dimensions)) {
        if ((sum[name] ?? 0) + takenOf(name) > limitOf(name)) throw new Error(`granted over the limit of ${name}`);
      }
    }
    if (!impatient && upToDate) nothingThatFitsIsLeft(sum);
  }
  /** Parts that were granted since the last look; the first in a class first. */
  async function takeGrants(): Promise<ModelPart[]> {
    const events = await queue.events.read(seen, 10_000, 0);
    seen = events.at(-1)?.id ?? seen;
    const grants: ModelPart[] = [];
    for (const { type, subject } of events) {
      if (type !== 'part.granted') continue;
      quotaEnds.push((Math.floor(clock.now / MINUTE) + 61) * MINUTE);
      const part = parts.get(subject.part ?? '');
      if (part === undefined) continue;
      if (part.state !== 'waiting') throw new Error(`granted ${subject.part}, which is ${part.state}`);
      for (const [, other] of inState('waiting')) {
        if (other.class === part.class && other.order < part.order) throw new Error('order within a class');
      }
      part.state = 'granted';
      grants.push(part);
    }
    return grants;
  }
  function nothingThatFitsIsLeft(sum: Record<string, number>): void {
    for (const [id, { dimensions }] of inState('waiting')) {
      const isFull = Object.entries(dimensions).some(
        ([name, weight]) => (sum[name] ?? 0) + takenOf(name) + weight > limitOf(name),
      );
      if (!isFull) throw new Error(`lost wake-up: ${id}`);
    }
  }
  async function finish(): Promise<void> {
    for (const name of [...paused]) await take({ do: 'release', dimension: name });
    await take({ do: 'metric', value: 0 });
    await take({ do: 'foreign', count: 0 });
    for (const [name, limit] of Object.entries(startLimits)) {
      await take({ do: 'limit', dimension: name, limit });
      await check();
    }
    for (let rounds = 0; parts.size > 0 && rounds < 1_000; rounds++) {
      await check();
      if (inState('granted', 'running').length > 0) await take({ do: 'succeed', pick: 0 });
      else await take({ do: 'pass', minutes: 70, clock: true });
    }
    await check();
    if (parts.size > 0) throw new Error(`${parts.size} parts never ended`);
  }
  return { take, check, finish };
}

function must(is: boolean, what: string): void {
  if (!is) throw new Error(what);
}
