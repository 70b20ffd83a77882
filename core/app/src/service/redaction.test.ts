import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineFile, Policy } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { createMediator, createMemoryVolume } from '@slowlane/mediator';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const logger = createMemoryLogger();
const iban = 'DE02120300000000202051';
let redis: Awaited<ReturnType<typeof startRedis>>;
let folder: string;
beforeAll(async () => {
  redis = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'slowlane-redaction-'));
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true });
});

function everyByteBelow(path: string): string {
  if (statSync(path).isDirectory())
    return readdirSync(path)
      .map((name) => everyByteBelow(join(path, name)))
      .join('\n');
  return readFileSync(path, 'latin1');
}

describe('what an operation redacts', () => {
  it('reaches the driver, and never archive, ledger or trace', async () => {
    const queue = await openQueue({ url: redis.url, logger });
    const ledger = await openLedger({
      file: join(folder, 'ledger', 'l.sqlite'),
      archiveDir: join(folder, 'archive'),
      logger,
    });
    const archiver = ledger.archiver(queue.events);
    const mediator = createMediator({
      requests: queue.requests,
      pipelines: ledger.pipelines,
      registrations: { ...ledger.registrations, get: async () => ({ pool: 'default', workspace: 'local' }) as never },
      volumes: () => createMemoryVolume(),
      defaults: { resultBase: '/Volumes/main/slowlane' },
      policy: Policy.parse({}),
      logger,
    });
    try {
      const file = PipelineFile.parse({
        pipeline: 'daily',
        operation: {
          redact: ['/customers/*/iban', '/label'],
          mediate: { enrich: { label: 'customers[0].iban' }, split: { by: 'customers', as: 'customer' } },
        },
      });
      const { revision } = await ledger.pipelines.put({ name: 'daily', file, text: '', origin: 'applied', by: 'me' });
      const id = newId('req');
      const sample = sampleRequest({ id, operation: 'daily', body: { customers: [{ id: 1, iban }] } });
      const pin = { ...sample.pin, pipeline: 'daily', revision };
      await queue.requests.accept({ ...sample, pin, redact: file.operation.redact });
      await mediator.prepare(id);
      await mediator.split(id);
      expect((await queue.requests.parts(id))[0]?.document).toEqual({ customer: { id: 1, iban }, label: iban });

      archiver.start();
      const upTo = await queue.events.last();
      const trace = await ledger.history.trace(id, { upTo, waitMs: 20_000 });
      expect(trace.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['request.accepted', 'request.mediated', 'part.parked']),
      );
      expect((await ledger.history.request(id))?.body).toEqual({ customers: [{ id: 1, iban: '[redacted]' }] });
      expect((await ledger.history.parts(id))[0]?.document).toEqual({
        customer: { id: 1, iban: '[redacted]' },
        label: '[redacted]',
      });
    } finally {
      await mediator.close();
      await archiver.stop();
      await queue.close();
      await ledger.close();
    }
    const kept = everyByteBelow(folder);
    expect(kept).toContain('[redacted]');
    expect(kept).not.toContain(iban);
  });
});
