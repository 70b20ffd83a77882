import { buffer } from 'node:stream/consumers';
import type { BlobStore, JsonObject, NewEvent, PartRecord } from '@slowlane/contracts';
import { type Clock, type DatabricksClient, createDatabricksClient, systemClock } from '@slowlane/databricks';
import { newId } from '@slowlane/kit';
import {
  type MemoryRequestLane,
  createMemoryBlobStore,
  createMemoryLogger,
  createMemoryRegistrationStore,
  createMemoryRequestLane,
} from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Keeper, createKeeper } from './create-keeper.ts';
import { type FakeRun, type Fault, type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';
import { idempotencyToken } from './idempotency-token.ts';

const never = new AbortController().signal;
const resultPath = '/Volumes/main/slowlane/results/r';

let workspace: HostileWorkspace;
let client: DatabricksClient;
let lane: MemoryRequestLane;
let blobs: BlobStore;
let logger: ReturnType<typeof createMemoryLogger>;
let keeper: Keeper;
let told: NewEvent[];
let retries = 0;
let timeoutMs = 3_600_000;
/** Added to what the keeper takes for the time. */
let skewMs = 0;

/** Pauses of the submission take no time; the loops' idle pauses stay real, so that they do not spin. */
const clock: Clock = {
  now: () => Date.now() + skewMs,
  sleep: (ms, signal) => systemClock.sleep(ms <= 5 ? ms : 0, signal),
};

beforeEach(async () => {
  workspace = await startHostileWorkspace();
  client = createDatabricksClient({
    host: workspace.url,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    rates: { 'run-now': Infinity, 'runs-get': Infinity, files: Infinity, 'runs-list': Infinity },
    clock,
    logger: createMemoryLogger(),
  });
  lane = createMemoryRequestLane(() => clock.now());
  blobs = createMemoryBlobStore();
  logger = createMemoryLogger();
  told = [];
  keeper = keeperNamed('node-1');
  retries = 0;
  timeoutMs = 3_600_000;
  skewMs = 0;
});

afterEach(async () => {
  await keeper.stop();
  await client.close();
  await workspace.close();
});

function keeperNamed(node: string, poll = {}): Keeper {
  const registrations = { ...createMemoryRegistrationStore(), get: async () => registration() };
  return createKeeper({
    requests: lane,
    registrations,
    workspace: () => client,
    blobs,
    node,
    clock,
    logger,
    callTimeoutMs: 300,
    events: { append: async (event) => `${told.push(event)}-0` },
    poll: { minMs: 2, maxMs: 5, idleMs: 2, ...poll },
  });
}

function registration() {
  return {
    id: 'reg_1',
    pipeline: 'daily',
    workspace: 'local',
    jobId: '77',
    pool: 'default',
    timeoutMs,
    retries,
  } as never;
}

/** A request whose parts are granted. */
async function granted(keys: string[], document: JsonObject = { month: 3 }): Promise<PartRecord[]> {
  const id = newId('req');
  const pin = {
    pipeline: 'daily',
    revision: 1,
    registrationId: 'reg_1',
    artifact: `sha256:${'0'.repeat(64)}`,
    workspace: 'local',
  };
  await lane.accept({
    id,
    correlationId: newId('cor'),
    traceparent: undefined,
    operation: 'daily',
    principal: 'me',
    body: document,
    callback: undefined,
    pin,
    idempotency: undefined,
  });
  const parts = keys.map((key) => ({ key, document: { ...document, key } }));
  await lane.park(id, {
    mediated: document,
    parts,
    claim: { dimensions: { '*': 1 }, priority: 5 },
    resultPath: `${resultPath}/${id}`,
  });
  return lane.parts(id);
}

/** Carries out the `submit` queue jobs there are, those that they ask for included, `rounds` times. */
async function drain(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds && lane.submits.length > 0; round++) {
    const wanted = lane.submits.splice(0);
    await Promise.all(wanted.map(({ partId }) => keeper.submit(partId, never)));
  }
}

async function part(id: string): Promise<PartRecord> {
  return (await lane.part(id)) as PartRecord;
}

async function only(keys = ['all']): Promise<PartRecord> {
  return (await granted(keys))[0] as PartRecord;
}

function fail(kind: string, ...faults: (Fault | undefined)[]): void {
  workspace.faults.set(kind, faults);
}

/** The truth, by the workspace: number of runs of each attempt. */
function runsPerAttempt(): number[] {
  const counts = new Map<string, number>();
  for (const { parameters } of workspace.runs) {
    counts.set(parameters['result'] as string, (counts.get(parameters['result'] as string) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe('submit', () => {
  it('writes the document in one call, starts the run with its token and parameters, and binds it', async () => {
    const { id, requestId } = await only(['EWR']);
    await drain();
    const folder = `${resultPath}/${requestId}/parts/EWR`;
    expect(workspace.calls).toEqual([`PUT ${folder}/request.json`, 'POST run-now']);
    expect(workspace.files.get(`${folder}/request.json`)).toBe('{"month":3,"key":"EWR"}');
    const token = idempotencyToken({ workspace: 'local', requestId, index: 0, attempt: 1 });
    expect(workspace.runs).toMatchObject([
      { jobId: 77, token, parameters: { request: `${folder}/request.json`, result: `${folder}/result` } },
    ]);
    expect(await part(id)).toMatchObject({
      state: 'running',
      token,
      runId: '1000',
      runPageUrl: `${workspace.url}/jobs/77/runs/1000`,
    });
  });

  it('makes the folder of the document only when it is missing', async () => {
    workspace.folders = new Set();
    const { requestId } = await only();
    await drain();
    const folder = `${resultPath}/${requestId}/parts/all`;
    expect(workspace.calls).toEqual([
      `PUT ${folder}/request.json`,
      `PUT ${folder}`,
      `PUT ${folder}/request.json`,
      'POST run-now',
    ]);
  });

  it('does nothing for a part that has its run', async () => {
    const { id } = await only();
    await drain();
    await keeper.submit(id, never);
    expect(workspace.runs).toHaveLength(1);
    expect(workspace.calls.filter((call) => call === 'POST run-now')).toHaveLength(1);
  });

  it('leaves a part alone that another node has claimed', async () => {
    const { id } = await only();
    await lane.claim(id, 'node-2', 60_000);
    await drain();
    expect(workspace.calls).toEqual([]);
  });

  it.each<[string, Fault[]]>([
    ['the reply is lost after the work was done', ['lost']],
    ['the connection is cut before the work', ['cut', 'cut']],
    ['the reply does not come in time', ['slow']],
    ['the workspace answers 500', [500]],
    ['all of it happens in a row', ['lost', 500, 'slow', 'cut', 'lost', 503, 429, 504]],
  ])('starts exactly one run when %s', async (_name, faults) => {
    fail('run-now', ...faults);
    const { id } = await only();
    await drain();
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'running', runId: '1000', attempt: 1 });
  });

  it('waits as long as a 429 says and keeps slot, attempt and token', async () => {
    fail('run-now', {
      status: 429,
      headers: { 'retry-after': '17' },
      body: '{"error_code":"RESOURCE_EXHAUSTED","message":"slow down"}',
    });
    const { id } = await only();
    await drain(1);
    expect(lane.submits).toEqual([{ partId: id, delayMs: 17_000 }]);
    expect(await part(id)).toMatchObject({ state: 'submitting', attempt: 1 });
    expect((await part(id)).waiting).toMatchObject({
      dimension: 'api:local',
      reason: expect.stringContaining('slow down'),
      until: expect.any(Number),
    });
    expect(workspace.calls.filter((call) => call === 'POST run-now')).toHaveLength(1);
    await drain();
    expect(runsPerAttempt()).toEqual([1]);
  });

  it('gives the part back when the document cannot be written now', async () => {
    fail('files', 503);
    const { id } = await only();
    await drain(1);
    expect(workspace.runs).toEqual([]);
    expect(lane.submits).toMatchObject([{ partId: id }]);
    await drain();
    expect(runsPerAttempt()).toEqual([1]);
  });

  it.each([
    [400, 'INVALID_PARAMETER_VALUE', 'Job 77 does not exist.', 'workspace.rejected'],
    [403, 'PERMISSION_DENIED', 'sp-1 may not run job 77', 'workspace.rejected'],
    [404, 'RESOURCE_DOES_NOT_EXIST', 'no job 77', 'workspace.not-found'],
  ])("fails with the workspace's words on %i %s", async (status, code, words, ours) => {
    fail('run-now', { status, body: JSON.stringify({ error_code: code, message: words }) });
    const { id } = await only();
    await drain();
    expect(lane.released).toMatchObject([
      { partId: id, outcome: { state: 'failed', failure: { code: ours, data: { status, errorCode: code } } } },
    ]);
    expect((await part(id)).failure?.message).toContain(words);
  });

  it('outlives a token that the workspace refuses', async () => {
    fail('run-now', 401);
    const { id } = await only();
    await drain(1);
    expect(lane.released).toEqual([]);
    expect(logger.entries).toContainEqual(expect.objectContaining({ message: 'submission postponed' }));
    await drain();
    expect((await part(id)).state).toBe('running');
  });

  it('binds the same run after a crash between the call and the bind', async () => {
    lane.failNext('bind');
    const { id } = await only();
    await expect(drain(1)).rejects.toMatchObject({ code: 'queue.unavailable' });
    skewMs += 100_000;
    keeper = keeperNamed('node-2');
    await keeper.submit(id, never);
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'running', runId: '1000' });
  });

  it('throws away the run id of a zombie: the next owner has bound the same run', async () => {
    const { id } = await only();
    const bind = lane.bind;
    lane.bind = async (...bound) => {
      lane.bind = bind;
      skewMs += 100_000;
      await keeperNamed('node-2').submit(id, never);
      return bind(...bound);
    };
    await keeper.submit(id, never);
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'running', runId: '1000' });
  });

  it('finds the run by its parameters when its token is refused afterwards', async () => {
    fail('run-now', 'lost', {
      status: 400,
      body: '{"error_code":"INVALID_PARAMETER_VALUE","message":"token is spent"}',
    });
    const { id } = await only();
    await drain();
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'running', runId: '1000' });
  });

  it('keeps the slot and tells a person when the run of the token was deleted, until the request is cancelled', async () => {
    const { id, requestId } = await only();
    fail('run-now', 'lost', 'lost', 'lost', 'lost');
    await drain(1);
    (workspace.runs[0] as FakeRun).isDeleted = true;
    await drain(3);
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'submitting', attempt: 1 });
    expect(lane.released).toEqual([]);
    expect(told).toMatchObject([
      {
        type: 'part.unknown',
        subject: { part: id },
        data: { attempt: 1, failure: { code: 'run.unknown-outcome', message: expect.stringContaining('was deleted') } },
      },
    ]);
    await lane.cancel(requestId, 'me');
    await drain(1);
    expect((await part(id)).state).toBe('cancelled');
  });

  it('starts the run and cancels it when the cancel came while nobody knew whether it runs', async () => {
    fail('run-now', 'lost', 'lost', 'lost', 'lost');
    const { id, requestId } = await only();
    await drain(1);
    await lane.cancel(requestId, 'me');
    await drain();
    expect(runsPerAttempt()).toEqual([1]);
    expect(await part(id)).toMatchObject({ state: 'cancelling', runId: '1000' });
  });

  it('makes no call for a part that was cancelled before', async () => {
    const { id, requestId } = await only();
    await lane.cancel(requestId, 'me');
    await drain();
    expect(workspace.calls).toEqual([]);
    expect((await part(id)).state).toBe('cancelled');
  });

  it('fails when the registration is not there', async () => {
    const { id } = await only();
    const registrations = { ...createMemoryRegistrationStore(), get: async () => undefined };
    const blind = createKeeper({
      requests: lane,
      registrations,
      workspace: () => client,
      blobs,
      node: 'n',
      clock,
      logger,
    });
    await blind.submit(id, never);
    expect(await part(id)).toMatchObject({ state: 'failed', failure: { code: 'platform.unexpected' } });
  });
});

describe('watching', () => {
  async function running(): Promise<{ part: PartRecord; run: FakeRun }> {
    const first = await only(['EWR']);
    await drain();
    keeper.start();
    return { part: first, run: workspace.runs.at(-1) as FakeRun };
  }

  async function ended(id: string): Promise<PartRecord> {
    await vi.waitFor(() => expect(lane.released.map(({ partId }) => partId)).toContain(id), {
      timeout: 8_000,
      interval: 5,
    });
    return part(id);
  }

  it('releases a run that succeeded, with its log', async () => {
    const { part: started, run } = await running();
    workspace.logs.set(run.runId, { logs: 'hello\n' });
    workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    const { state, log } = await ended(started.id);
    expect(state).toBe('succeeded');
    expect(String(await buffer((await blobs.open(log as string)).stream))).toBe('hello\n');
    expect(lane.released).toHaveLength(1);
  });

  it('keeps watching through every error of a poll', async () => {
    const { part: started, run } = await running();
    fail(
      'runs/get',
      500,
      'cut',
      'lost',
      503,
      429,
      401,
      403,
      404,
      { status: 200, body: '<html>' },
      { status: 302, headers: { location: '/login' } },
    );
    await vi.waitFor(
      () => {
        skewMs += 200;
        expect(workspace.faults.get('runs/get')).toEqual([]);
      },
      { timeout: 20_000, interval: 5 },
    );
    expect(lane.released).toEqual([]);
    workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    expect((await ended(started.id)).state).toBe('succeeded');
  }, 60_000);

  it("tells the driver's error, and keeps the trace in the log", async () => {
    const { part: started, run } = await running();
    workspace.logs.set(run.runId, {
      logs: 'starting\n',
      error: 'ValueError: no such month',
      error_trace: 'Traceback …\nValueError: no such month',
    });
    workspace.finish(run, { lifeCycle: 'INTERNAL_ERROR', result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
    const { state, failure, log } = await ended(started.id);
    expect(state).toBe('failed');
    expect(failure?.code).toBe('run.failed');
    expect(failure?.message).toBe(
      'run 1000 of part "EWR" failed: ValueError: no such month — ended RUN_EXECUTION_ERROR (RUN_EXECUTION_ERROR, INTERNAL_ERROR, FAILED)',
    );
    expect(failure?.data).toMatchObject({ runId: '1000', attempt: 1 });
    expect(String(await buffer((await blobs.open(log as string)).stream))).toContain('Traceback');
  });

  it('ends a run although its output cannot be had', async () => {
    const { part: started, run } = await running();
    fail('runs/get-output', 403);
    workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    expect(await ended(started.id)).toMatchObject({ state: 'succeeded', log: undefined });
  });

  it.each([
    [{ result: 'TIMEDOUT', code: 'CANCELED' }, 'timed-out', 'run.timeout'],
    [{ result: 'CANCELED', code: 'USER_CANCELED' }, 'cancelled', 'run.cancelled'],
    [{ result: 'FAILED', code: 'CLUSTER_ERROR' }, 'failed', 'run.platform'],
    [{ result: 'FROBNICATED', code: 'FROBNICATED' }, 'failed', 'run.unknown-outcome'],
    [{ result: 'SUCCESS_WITH_FAILURES', code: 'SUCCESS_WITH_FAILURES' }, 'failed', 'run.failed'],
  ])('maps %o to %s', async (end, state, code) => {
    const { part: started, run } = await running();
    workspace.finish(run, end);
    expect(await ended(started.id)).toMatchObject({ state, failure: { code } });
  });

  it('tries a failed run again in a folder and with a token of its own, as often as the job says', async () => {
    retries = 1;
    const { part: started, run } = await running();
    workspace.finish(run, { result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
    await vi.waitFor(() => expect(lane.submits).toHaveLength(1), { timeout: 8_000 });
    expect(lane.retried).toMatchObject([{ partId: started.id, failure: { code: 'run.failed' } }]);
    await drain();
    expect(await part(started.id)).toMatchObject({ attempt: 2, runId: '1001', state: 'running' });
    expect(workspace.runs[1]?.parameters['result']).toMatch(/\/parts\/EWR\/result-2$/);
    expect(workspace.runs[1]?.token).not.toBe(workspace.runs[0]?.token);
    workspace.finish(workspace.runs[1] as FakeRun, { result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
    expect((await ended(started.id)).state).toBe('failed');
    expect(runsPerAttempt()).toEqual([1, 1]);
  });

  it('changes nothing of the next attempt when two keepers have seen the end of the last one', async () => {
    const { part: started, run } = await running();
    const seen = structuredClone(await part(started.id));
    workspace.finish(run, { lifeCycle: 'SKIPPED' });
    await vi.waitFor(() => expect(lane.submits).toHaveLength(1), { timeout: 8_000 });
    await drain();
    expect(await part(started.id)).toMatchObject({ attempt: 2, runId: '1001', state: 'running' });
    const late = keeperNamed('node-2');
    const looks = vi.spyOn(lane, 'due').mockResolvedValueOnce([seen]).mockResolvedValue([]);
    await keeper.stop();
    const polls = (): number => workspace.calls.filter((call) => call === 'GET runs/get').length;
    const before = polls();
    late.start();
    await vi.waitFor(() => expect(polls()).toBeGreaterThan(before), { timeout: 8_000 });
    await late.stop();
    looks.mockRestore();
    expect(await part(started.id)).toMatchObject({ attempt: 2, runId: '1001', state: 'running' });
    expect(lane.released).toEqual([]);
    expect(lane.retried).toHaveLength(1);
  });

  it('gives a skipped run another attempt in the same slot, also without retries', async () => {
    const { part: started, run } = await running();
    workspace.finish(run, {
      lifeCycle: 'SKIPPED',
      result: 'MAXIMUM_CONCURRENT_RUNS_REACHED',
      code: 'MAX_CONCURRENT_RUNS_EXCEEDED',
    });
    await vi.waitFor(() => expect(lane.submits).toHaveLength(1), { timeout: 8_000 });
    expect(lane.released).toEqual([]);
    await drain();
    expect(await part(started.id)).toMatchObject({ attempt: 2, state: 'running' });
    expect(runsPerAttempt()).toEqual([1, 1]);
  });

  it('does not count a skipped run as an attempt of the policy', async () => {
    retries = 1;
    const { part: started, run } = await running();
    const next = async (): Promise<FakeRun> => {
      await vi.waitFor(() => expect(lane.submits).toHaveLength(1), { timeout: 8_000 });
      await drain();
      return workspace.runs.at(-1) as FakeRun;
    };
    workspace.finish(run, { lifeCycle: 'SKIPPED' });
    workspace.finish(await next(), { result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
    workspace.finish(await next(), { lifeCycle: 'SKIPPED' });
    workspace.finish(await next(), { result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
    expect(await ended(started.id)).toMatchObject({ state: 'failed', attempt: 4 });
    expect(lane.retried).toHaveLength(3);
  });

  it('keeps the slot of a cancelled run until a poll shows its end', async () => {
    const { part: started, run } = await running();
    fail('runs/cancel', 'cut');
    await lane.cancel(started.requestId, 'me');
    await vi.waitFor(() => expect(workspace.calls).toContain('POST runs/cancel'), { timeout: 8_000 });
    skewMs += 20_000;
    await vi.waitFor(() => expect(run.isCancelled).toBe(true), { timeout: 8_000 });
    expect(lane.released).toEqual([]);
    workspace.finish(run, { result: 'CANCELED', code: 'USER_CANCELED' });
    expect((await ended(started.id)).state).toBe('cancelled');
    expect(lane.ended).toMatchObject([{ outcome: { state: 'cancelled' } }]);
  });

  it('cancels a run that the workspace lets go past its limit, and calls it timed out', async () => {
    timeoutMs = 1_000;
    const { part: started, run } = await running();
    run.startTime -= 3_600_000;
    await vi.waitFor(() => expect(run.isCancelled).toBe(true), { timeout: 8_000 });
    workspace.finish(run, { result: 'CANCELED', code: 'USER_CANCELED' });
    expect(await ended(started.id)).toMatchObject({ state: 'timed-out', failure: { code: 'run.timeout' } });
  });

  it('ends a run that was deleted on the workspace, with an outcome that nobody knows', async () => {
    const { part: started, run } = await running();
    run.isDeleted = true;
    await vi.waitFor(
      () => expect(logger.entries.map(({ message }) => message)).toContain('poll failed, the run is still watched'),
      { timeout: 8_000 },
    );
    expect(lane.released).toEqual([]);
    skewMs += 120_000;
    expect(await ended(started.id)).toMatchObject({ state: 'failed', failure: { code: 'run.unknown-outcome' } });
  });

  it('goes on where another keeper was killed', async () => {
    const { part: started, run } = await running();
    await keeper.stop();
    workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    keeper = keeperNamed('node-2');
    keeper.start();
    expect((await ended(started.id)).state).toBe('succeeded');
  });

  it('reads the ends of many runs from the list instead of asking for each', async () => {
    keeper = keeperNamed('node-1', { sweepAbove: 10, sweepMs: 5, maxMs: 5 });
    const parts = await granted(Array.from({ length: 60 }, (_, index) => `p${index}`));
    await drain();
    keeper.start();
    await vi.waitFor(
      () => expect(workspace.calls.filter((call) => call === 'GET runs/list').length).toBeGreaterThan(20),
      { timeout: 20_000 },
    );
    const asked = workspace.calls.filter((call) => call === 'GET runs/get').length;
    expect(asked).toBeLessThan(200);
    for (const run of workspace.runs) workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
    await vi.waitFor(() => expect(lane.released).toHaveLength(60), { timeout: 20_000 });
    expect(new Set(lane.released.map(({ partId }) => partId))).toEqual(new Set(parts.map(({ id }) => id)));
    expect(workspace.calls.filter((call) => call === 'GET runs/get').length - asked).toBeLessThanOrEqual(60 + 11);
  }, 60_000);
});

describe('a workspace that fails by chance', () => {
  it.each([1, 2, 3])(
    'gets exactly one run per attempt, and each part ends once (seed %i)',
    async (seed) => {
      retries = 2;
      const random = mulberry32(seed);
      const faults: Fault[] = ['lost', 'cut', 500, 503, 429, 504];
      const fired = new Set<string>();
      workspace.chance = (kind) => {
        if (random() > 0.3 || (kind !== 'run-now' && kind !== 'runs/get')) return undefined;
        const fault = faults[Math.floor(random() * faults.length)] as Fault;
        fired.add(`${kind} ${String(fault)}`);
        return fault;
      };
      const parts = await granted(Array.from({ length: 30 }, (_, index) => `p${index}`));
      keeper = keeperNamed('node-1');
      const second = keeperNamed('node-2');
      keeper.start();
      second.start();
      while (lane.released.length < parts.length) {
        await drain(1);
        for (const run of workspace.runs) {
          if (run.endTime > 0) continue;
          const isSkipped = random() < 0.1;
          workspace.finish(run, isSkipped ? { lifeCycle: 'SKIPPED' } : { result: 'SUCCESS', code: 'SUCCESS' });
        }
        skewMs += 3_000;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await second.stop();
      expect(fired.size).toBeGreaterThan(6);
      expect(new Set(lane.released.map(({ partId }) => partId)).size).toBe(parts.length);
      expect(lane.released).toHaveLength(parts.length);
      expect(new Set(runsPerAttempt())).toEqual(new Set([1]));
      const all = await lane.parts(parts[0]?.requestId as string);
      expect(all.filter(({ runId }) => runId === undefined)).toEqual([]);
      expect(workspace.runs).toHaveLength(all.reduce((sum, { attempt }) => sum + attempt, 0));
    },
    60_000,
  );
});

/** A small seeded generator, so that a failing case can be run again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
