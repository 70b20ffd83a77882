import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PipelineFile, SlowLaneError } from '@slowlane/contracts';
import { openLedger } from '@slowlane/ledger';
import { mediate, validateBody } from '@slowlane/mediator';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import type { Figure } from './figures.ts';

const count = 1_000;
const limitBytes = 102_400;

/**
 * What one more declarative operation costs: a thousand are applied, each is used once, and the memory that stays is divided. The raw thing holds the thousand
 * files parsed and nothing else.
 */
export async function benchOperations(_installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-operations-'));
  const ledger = await openLedger({
    file: join(folder, 'l.sqlite'),
    archiveDir: folder,
    logger: createLogger('bench'),
  });
  try {
    await useOnce(ledger.pipelines, [0]);
    const { bytes: raw } = await memoryOf(async () => Array.from({ length: count }, (_, index) => fileOf(index)));
    for (let index = 0; index < count; index++) {
      const file = fileOf(index);
      await ledger.pipelines.put({ name: file.pipeline, file, text: '', origin: 'applied', by: 'bench' });
    }
    say(`${count} operations applied`);
    const all = Array.from({ length: count }, (_, index) => index);
    const { bytes: ours } = await memoryOf(() => useOnce(ledger.pipelines, all));
    const kb = (bytes: number) => `${(bytes / 1_024).toFixed(1)} KB`;
    return [
      {
        name: 'memory of one more operation, of 1,000',
        ours: kb(ours),
        raw: kb(raw),
        ratio: (ours / raw).toFixed(2),
        target: `<= ${kb(limitBytes)}`,
        met: ours <= limitBytes,
      },
    ];
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

async function useOnce(
  pipelines: Awaited<ReturnType<typeof openLedger>>['pipelines'],
  indexes: readonly number[],
): Promise<void> {
  for (const index of indexes) {
    const file = (await pipelines.get(`operation-${index}`))?.file ?? fileOf(index);
    const body = { month: 3, origins: ['EWR', 'JFK'] };
    const refused = validateBody({ name: file.pipeline, revision: 1, file }, body);
    if (refused !== undefined) throw SlowLaneError.from(refused);
    // The expression's thread is started anew for one in a hundred, so that the bench does not measure threads.
    if (index % 100 !== 0) continue;
    const { outcome } = await mediate(file, body);
    if (outcome !== 'parts') throw new SlowLaneError('platform.unexpected', `operation ${index} gave ${outcome}`);
  }
}

function fileOf(index: number): PipelineFile {
  return PipelineFile.parse({
    pipeline: `operation-${index}`,
    operation: {
      request: {
        type: 'object',
        additionalProperties: false,
        required: ['month', 'origins'],
        properties: {
          month: { type: 'integer', minimum: 1, maximum: 12 },
          [`field${index}`]: { type: 'string', pattern: '^[a-z]+$' },
          origins: { type: 'array', items: { enum: ['EWR', 'JFK', 'LGA'] }, minItems: 1 },
        },
      },
      mediate: {
        defaults: { year: 2013 },
        enrich: { label: 'year & "-" & month' },
        filter: '$count(origins) > 0',
        split: { by: 'origins', as: 'origin' },
      },
    },
  });
}

/** Bytes per operation that stay while what the work returns is held. */
async function memoryOf<T>(work: () => Promise<T>): Promise<{ bytes: number; held: T }> {
  const before = memory();
  const held = await work();
  return { bytes: (memory() - before) / count, held };
}

function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 4; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
