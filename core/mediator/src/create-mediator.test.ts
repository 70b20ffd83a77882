import {
  type Json,
  type JsonObject,
  type ModuleHost,
  PipelineFile,
  Policy,
  SlowLaneError,
  type VolumeStore,
} from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import {
  type MemoryRequestLane,
  createMemoryLogger,
  createMemoryPipelineStore,
  createMemoryRegistrationStore,
  createMemoryRequestLane,
} from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mediator, createMediator } from './create-mediator.ts';
import { createMemoryVolume } from './memory-volume.ts';

let lane: MemoryRequestLane;
let volume: ReturnType<typeof createMemoryVolume>;
let mediator: Mediator;
/** Functions of the one module that the host of these tests knows. */
let functions: Record<string, (...args: never[]) => Json>;
const modules: ModuleHost = {
  functionsOf: async () => Object.keys(functions),
  call: async (_module, name, args) => (functions[name] as (...given: readonly Json[]) => Json)(...args),
  close: async () => undefined,
};
let volumeFailure: SlowLaneError | undefined;
let pipelines: ReturnType<typeof createMemoryPipelineStore>;
const logger = createMemoryLogger();

beforeEach(() => {
  lane = createMemoryRequestLane();
  volume = createMemoryVolume();
  volumeFailure = undefined;
  functions = {};
  pipelines = createMemoryPipelineStore();
  const failing: VolumeStore = {
    ...volume,
    list: (folder) => (volumeFailure === undefined ? volume.list(folder) : Promise.reject(volumeFailure)),
  };
  mediator = createMediator({
    requests: lane,
    pipelines,
    registrations: {
      ...createMemoryRegistrationStore(),
      get: async () => ({ pool: 'default', workspace: 'local' }) as never,
    },
    volumes: () => failing,
    defaults: { resultBase: '/Volumes/main/slowlane' },
    policy: Policy.parse({ parts: 5 }),
    modules,
    logger,
  });
});

afterEach(() => mediator.close());

const byOrigin = { split: { by: 'origins' }, merge: [{ file: 'delays.csv', as: 'csv' }] };

async function accepted(mediate: Record<string, unknown>, body: JsonObject, request: JsonObject = {}): Promise<string> {
  const file = PipelineFile.parse({ pipeline: 'daily', operation: { request, mediate } });
  const { revision } = await pipelines.put({
    name: 'daily',
    file,
    text: JSON.stringify(file),
    origin: 'applied',
    by: 'me',
  });
  const id = newId('req');
  const pin = {
    pipeline: 'daily',
    revision,
    registrationId: 'reg_1',
    artifact: `sha256:${'0'.repeat(64)}`,
    workspace: 'local',
  };
  const facts = {
    operation: 'daily',
    principal: 'me',
    callback: undefined,
    traceparent: undefined,
    idempotency: undefined,
  };
  await lane.accept({ id, correlationId: newId('cor'), body, pin, ...facts });
  return id;
}

async function mediated(mediate: Record<string, unknown>, body: JsonObject): Promise<string> {
  const id = await accepted(mediate, body);
  await mediator.prepare(id);
  await mediator.split(id);
  return id;
}

/** Plays keeper and driver: each part writes its files and ends. */
async function run(
  id: string,
  ends: Record<string, { files?: Record<string, string>; failure?: SlowLaneError }>,
): Promise<void> {
  for (const { id: part, key } of await lane.parts(id)) {
    const { files = {}, failure } = ends[key] ?? {};
    for (const [name, text] of Object.entries(files)) {
      volume.files.set(`/Volumes/main/slowlane/results/${id}/parts/${key}/result/${name}`, Buffer.from(text));
    }
    const claimed = await lane.claim(part, 'n', 1_000);
    if (claimed === undefined) continue;
    await lane.intend(part, claimed.fence, { attempt: 1, token: part });
    await lane.bind(part, claimed.fence, { runId: `9${key}`, runPageUrl: undefined, pollMs: 1_000 });
    if (failure === undefined) await lane.release(part, { state: 'succeeded', runMs: 1, log: undefined });
    else await lane.release(part, { state: 'failed', failure: failure.toFailure(), runMs: 1, log: undefined });
  }
}

describe('prepare and split', () => {
  it('park the parts with their claim and result path, once, however often they are repeated', async () => {
    const id = await mediated(byOrigin, { origins: ['EWR', 'JFK'], month: 3 });
    await mediator.prepare(id);
    await mediator.split(id);
    expect((await lane.parts(id)).map(({ key, document }) => ({ key, document }))).toEqual([
      { key: 'EWR', document: { month: 3, origins: 'EWR' } },
      { key: 'JFK', document: { month: 3, origins: 'JFK' } },
    ]);
    expect(lane.claims).toMatchObject([
      {
        requestId: id,
        claim: {
          dimensions: {
            '*': 1,
            'op:daily': 1,
            'pool:default': 1,
            'ws:local': 1,
            'quota:local:tasks': 1,
            'quota:local:runs-per-hour': 1,
            'tn:me': 1,
          },
          priority: 5,
        },
      },
    ]);
    expect(await lane.get(id)).toMatchObject({ state: 'running', resultPath: `/Volumes/main/slowlane/results/${id}` });
  });

  it('use the revision that the request is pinned to', async () => {
    const id = await accepted({ enrich: { who: '"old"' } }, {});
    await accepted({ enrich: { who: '"new"' } }, {});
    await mediator.prepare(id);
    await mediator.split(id);
    expect((await lane.parts(id))[0]?.document).toEqual({ who: 'old' });
  });

  it('end a request whose body is wrong, and split does not revive it', async () => {
    const id = await accepted({}, { month: 13 }, { properties: { month: { maximum: 12 } } });
    await mediator.prepare(id);
    await mediator.split(id);
    expect(lane.ended).toMatchObject([
      { requestId: id, outcome: { state: 'failed', failure: { code: 'request.body-invalid' } } },
    ]);
    expect(lane.submits).toEqual([]);
  });

  it('end a request with nothing to do', async () => {
    await mediated({ filter: 'false' }, {});
    expect(lane.ended).toMatchObject([{ outcome: { state: 'nothing-to-do' } }]);
  });

  it('end a request that splits too far, with the numbers', async () => {
    await mediated(byOrigin, { origins: [1, 2, 3, 4, 5, 6] });
    expect(lane.ended).toMatchObject([
      {
        outcome: {
          failure: {
            code: 'request.too-many-parts',
            message: 'field "origins" has 6 elements, at most 5 parts are allowed',
          },
        },
      },
    ]);
  });

  it('name the step that fails', async () => {
    await mediated({ enrich: { total: 'price * 2' } }, { price: 'dear' });
    expect(lane.ended).toMatchObject([
      { outcome: { failure: { code: 'mediate.failed', data: { step: 'operation.mediate.enrich.total' } } } },
    ]);
  });

  it('end a request that the gate calls impossible', async () => {
    lane.park = () => Promise.reject(new SlowLaneError('request.impossible', 'weight 5 on res:db, limit 4'));
    await mediated({}, {});
    expect(lane.ended).toMatchObject([{ outcome: { failure: { code: 'request.impossible' } } }]);
  });

  it('leave the request as it is when Redis is away, for the worker to repeat', async () => {
    const id = await accepted({}, {});
    await mediator.prepare(id);
    lane.failNext('park');
    await expect(mediator.split(id)).rejects.toMatchObject({ code: 'queue.unavailable' });
    expect(lane.ended).toEqual([]);
    await mediator.split(id);
    expect(await lane.parts(id)).toHaveLength(1);
  });

  it('end a request whose pipeline revision is gone', async () => {
    const id = await accepted({}, {});
    pipelines.get = async () => undefined;
    await mediator.prepare(id);
    expect(lane.ended).toMatchObject([{ outcome: { failure: { code: 'platform.unexpected' } } }]);
  });
});

describe('join', () => {
  it('merges the declared files in the order of the parts and lists the others under their part', async () => {
    const id = await mediated(byOrigin, { origins: ['EWR', 'JFK'] });
    await run(id, {
      EWR: {
        files: { 'delays.csv': 'a,b\n1,2\n', 'report.html': '<p>E</p>', _SUCCESS: '', 'progress/000001.json': '{}' },
      },
      JFK: { files: { 'delays.csv': 'a,b\n3,4\n', 'tables/x.csv': 'x' } },
    });
    await mediator.join(id);
    const base = `/Volumes/main/slowlane/results/${id}`;
    expect(lane.ended).toEqual([
      {
        requestId: id,
        outcome: {
          state: 'succeeded',
          files: [
            { name: 'delays.csv', path: `${base}/joined/delays.csv`, size: 12 },
            { name: 'EWR/report.html', path: `${base}/parts/EWR/result/report.html`, size: 8 },
            { name: 'JFK/tables/x.csv', path: `${base}/parts/JFK/result/tables/x.csv`, size: 1 },
          ],
        },
      },
    ]);
    expect(String(volume.files.get(`${base}/joined/delays.csv`))).toBe('a,b\n1,2\n3,4\n');
  });

  it('lists the files of a request that was not split under their own names', async () => {
    const id = await mediated({ merge: [{ file: 'delays.csv', as: 'csv' }] }, {});
    await run(id, { all: { files: { 'delays.csv': 'a\n1\n', 'b.txt': 'b' } } });
    await mediator.join(id);
    expect(lane.ended).toMatchObject([
      { outcome: { state: 'succeeded', files: [{ name: 'b.txt' }, { name: 'delays.csv' }] } },
    ]);
  });

  it('succeeds without files when the driver wrote none', async () => {
    const id = await mediated({}, {});
    await run(id, {});
    await mediator.join(id);
    expect(lane.ended).toMatchObject([{ outcome: { state: 'succeeded', files: [] } }]);
  });

  it('does nothing the second time', async () => {
    const id = await mediated({}, {});
    await run(id, {});
    await mediator.join(id);
    await mediator.join(id);
    expect(lane.ended).toHaveLength(1);
  });

  it('fails with the part, its run and its own reason when one part failed', async () => {
    const id = await mediated(byOrigin, { origins: ['EWR', 'JFK', 'LGA'] });
    const failure = new SlowLaneError('run.failed', 'run 9JFK of part "JFK" failed: no such month');
    await run(id, { EWR: { files: { 'delays.csv': 'a\n' } }, JFK: { failure } });
    await mediator.join(id);
    expect(lane.ended).toHaveLength(1);
    expect(lane.ended[0]?.outcome).toMatchObject({
      state: 'failed',
      failure: {
        code: 'run.failed',
        message: '1 of 3 parts failed. run 9JFK of part "JFK" failed: no such month',
        data: { key: 'JFK', runId: '9JFK', cause: { code: 'run.failed' } },
      },
    });
  });

  it('fails when a part did not write the file that is to be merged, and says what it wrote', async () => {
    const id = await mediated(byOrigin, { origins: ['EWR', 'JFK'] });
    await run(id, { EWR: { files: { 'delays.csv': 'a\n' } }, JFK: { files: { 'Delays.csv': 'a\n' } } });
    await mediator.join(id);
    expect(lane.ended).toMatchObject([
      {
        outcome: {
          failure: {
            code: 'join.failed',
            message: '"delays.csv" of part "JFK" was not written; the part wrote: Delays.csv',
          },
        },
      },
    ]);
  });

  it('waits for a volume that is away', async () => {
    const id = await mediated({}, {});
    await run(id, {});
    volumeFailure = new SlowLaneError('workspace.unavailable', 'no answer');
    await expect(mediator.join(id)).rejects.toMatchObject({ code: 'workspace.unavailable' });
    expect(lane.ended).toEqual([]);
  });

  it('leaves a request alone that is not ready to be joined', async () => {
    const id = await mediated({}, {});
    await mediator.join(id);
    expect(lane.ended).toEqual([]);
  });
});

describe('a join policy', () => {
  const split = (join: unknown) => ({ split: { by: 'origins', join }, merge: [{ file: 'delays.csv', as: 'csv' }] });
  const failure = new SlowLaneError('run.failed', 'exit code 1');
  const csv = (row: string) => ({ files: { 'delays.csv': `day\n${row}\n` } });

  it('of best effort goes on without the parts that are missing, and names them in result and outcome', async () => {
    const id = await mediated(split('best-effort'), { origins: ['EWR', 'JFK'] });
    await run(id, { EWR: csv('1'), JFK: { failure } });
    await mediator.join(id);
    const request = await lane.get(id);
    expect(request?.state).toBe('succeeded');
    expect(request?.result?.map(({ name }) => name)).toEqual(['missing-parts.json', 'delays.csv']);
    const missing = volume.files.get(`/Volumes/main/slowlane/results/${id}/joined/missing-parts.json`);
    expect(JSON.parse(String(missing))).toMatchObject([{ key: 'JFK', state: 'failed', code: 'run.failed' }]);
    expect(String(volume.files.get(`/Volumes/main/slowlane/results/${id}/joined/delays.csv`))).toBe('day\n1\n');
  });

  it('of a quorum fails below it, with both numbers', async () => {
    const id = await mediated(split({ quorum: 2 }), { origins: ['EWR', 'JFK'] });
    await run(id, { EWR: csv('1'), JFK: { failure } });
    await mediator.join(id);
    expect(await lane.get(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'join.too-few', message: expect.stringContaining('1 of 2 parts succeeded') as string },
    });
  });
});

describe('a module', () => {
  const withModule = { module: './mediate.ts', code: '' };

  it('makes the parts and sums up what they came to', async () => {
    functions = {
      mediate: ({ body }: { body: JsonObject }) => ({
        parts: [
          { key: 'a b', document: { ...body, n: 1 } },
          { key: 'a b', document: { n: 2 } },
        ],
      }),
      join: (parts: { key: string; files: { name: string }[] }[]) => ({
        summary: { seen: parts.map(({ key, files }) => `${key}:${files.length}`) },
        leaveOut: ['a_b-2'],
      }),
    };
    const id = await mediated(withModule, { month: 3 });
    expect((await lane.parts(id)).map(({ key, document }) => ({ key, document }))).toEqual([
      { key: 'a_b', document: { month: 3, n: 1 } },
      { key: 'a_b-2', document: { n: 2 } },
    ]);
    await run(id, { a_b: { files: { 'x.txt': 'x' } }, 'a_b-2': { files: { 'y.txt': 'y' } } });
    await mediator.join(id);
    expect((await lane.get(id))?.result?.map(({ name }) => name)).toEqual(['summary.json', 'a_b/x.txt']);
    const summary = volume.files.get(`/Volumes/main/slowlane/results/${id}/joined/summary.json`);
    expect(JSON.parse(String(summary))).toEqual({ seen: ['a_b:1', 'a_b-2:1'] });
  });

  it.each<[string, Json, object]>([
    [
      'a refusal',
      { refuse: 'no month' },
      { failure: { code: 'mediate.failed', message: './mediate.ts refuses the request: no month' } },
    ],
    ['nothing to do', { nothingToDo: true }, { state: 'nothing-to-do' }],
    ['no parts', { parts: [] }, { state: 'nothing-to-do' }],
    ['nonsense', [1], { failure: { message: './mediate.ts: mediate returned [1], expected an object' } }],
    ['a part without a document', { parts: [{ key: 'a' }] }, { failure: { code: 'mediate.failed' } }],
    ['too many parts', { parts: [1, 2, 3, 4, 5, 6] }, { failure: { code: 'request.too-many-parts' } }],
  ])('that answers with %s ends the request so', async (_what, answer, expected) => {
    functions = { mediate: () => answer };
    expect(await lane.get(await mediated(withModule, {}))).toMatchObject(expected);
  });

  it('may fail the whole at the end', async () => {
    functions = { join: () => ({ fail: 'sums differ' }) };
    const id = await mediated(withModule, {});
    await run(id, { all: {} });
    await mediator.join(id);
    expect(await lane.get(id)).toMatchObject({
      failure: { code: 'join.failed', message: './mediate.ts: sums differ' },
    });
  });
});
