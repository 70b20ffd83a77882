import { type NewEvent, PipelineFile, type RequestRecord, type ScheduleStore } from '@slowlane/contracts';
import { firstIdAt } from '@slowlane/kit';
import { createMemoryLogger, createMemoryPipelineStore } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { createMemoryVolume } from './memory-volume.ts';
import { createResultSweeper } from './result-sweeper.ts';

const day = 86_400_000;
const base = Date.parse('2026-01-01T00:00Z');

function requestOf(acceptedAt: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  const id = firstIdAt('req', acceptedAt);
  return {
    id,
    correlationId: 'cor_1',
    operation: 'daily',
    pin: { pipeline: 'daily', workspace: 'local' },
    state: 'succeeded',
    acceptedAt,
    resultPath: `/Volumes/main/slowlane/results/${id}`,
    ...changes,
  } as RequestRecord;
}

async function fixture(requests: RequestRecord[], retention: string | undefined) {
  const pipelines = createMemoryPipelineStore();
  const file = PipelineFile.parse({ pipeline: 'daily', operation: retention === undefined ? {} : { retention } });
  await pipelines.put({ name: 'daily', file, text: '', origin: 'applied', by: 'me' });
  const files = requests.flatMap(({ resultPath }) => [
    [`${resultPath}/joined/a.csv`, 'a'],
    [`${resultPath}/parts/all/request.json`, '{}'],
  ]);
  const volume = createMemoryVolume(Object.fromEntries(files) as Record<string, string>);
  const events: NewEvent[] = [];
  let lastAt = 0;
  const store = {
    begin: async (schedule: object) => ({ ...schedule, lastAt }),
    advance: async (_schedule: object, to: { at: number }) => void (lastAt = to.at),
  } as unknown as ScheduleStore;
  const sorted = [...requests].sort((a, b) => (a.id < b.id ? 1 : -1));
  const sweeper = createResultSweeper({
    pipelines,
    history: {
      requests: async ({ before, limit }) =>
        sorted.filter(({ id }) => before === undefined || id < before).slice(0, limit),
    },
    volumes: () => volume,
    store,
    events: { append: async (event) => (events.push(event), '1-0') },
    now: () => base,
    logger: createMemoryLogger(),
  });
  return { sweeper, volume, events };
}

describe('the result sweeper', () => {
  it('deletes results and documents that are older than the retention, and nothing else', async () => {
    const [old, young] = [requestOf(base - 91 * day), requestOf(base - 89 * day)];
    const running = requestOf(base - 100 * day, { state: 'running' });
    const { sweeper, volume, events } = await fixture([old, young, running], '90d');
    expect(await sweeper.turn()).toBe(2);
    const left = [...volume.files.keys()];
    expect(left.some((path) => path.includes(old.id))).toBe(false);
    expect(left.filter((path) => path.includes(young.id))).toHaveLength(2);
    expect(left.filter((path) => path.includes(running.id))).toHaveLength(2);
    expect(events).toMatchObject([{ type: 'result.expired', subject: { request: old.id }, data: { files: 2 } }]);
    expect(await sweeper.turn()).toBe(0);
    expect(events).toHaveLength(1);
  });

  it('goes through all pages', async () => {
    const many = Array.from({ length: 250 }, (_, index) => requestOf(base - (100 + index) * day));
    const { sweeper, volume } = await fixture(many, '90d');
    expect(await sweeper.turn()).toBe(500);
    expect(volume.files.size).toBe(0);
  });

  it('leaves operations without a retention alone', async () => {
    const { sweeper, volume } = await fixture([requestOf(base - 1_000 * day)], undefined);
    expect(await sweeper.turn()).toBe(0);
    expect(volume.files.size).toBe(2);
  });
});
