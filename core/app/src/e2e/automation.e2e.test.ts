import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathsOf, readEnvironment } from '@slowlane/config';
import type { DeliveryList, RequestAccepted, RequestView, ScheduleList, ScheduleView } from '@slowlane/contracts';
import { openLedger } from '@slowlane/ledger';
import { createMemoryLogger, sampleRegistration } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
let told: { type: string; data: { failure?: { message: string } } }[];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    told.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof told)[number]);
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  told = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  installation = await createTestInstallation(`policy: { callbacks: ["${host}"], parts: 3 }\n`);
  await installation.up();
  cpSync(join(repository, 'templates/operation'), installation.folder, { recursive: true });
  const file = join(installation.folder, 'daily-report.yaml');
  const text = readFileSync(file, 'utf8').replace(/ {4}enrich:[\s\S]*?ttl: 1h\n/, '');
  const more = `  notify: [{ webhook: "http://${host}/done" }]\nschedule: [{ cron: "0 2 * * *", zone: Europe/Madrid }]\n`;
  writeFileSync(file, text + more);
  await installation.json('pipeline', 'apply', file);
  await register('daily-report');
}, 240_000);
afterAll(async () => {
  await installation.close();
  server.close();
}, 120_000);

/** Nothing is built here: the job is only named. */
async function register(pipeline: string): Promise<void> {
  const paths = pathsOf({ ...readEnvironment(), home: installation.home });
  const ledger = await openLedger({ file: paths.ledger, archiveDir: paths.archive, logger: createMemoryLogger() });
  await ledger.registrations.put(sampleRegistration({ pipeline }));
  await ledger.close();
}

async function asked(body: object): Promise<RequestView> {
  const text = JSON.stringify(body);
  const file = join(installation.folder, 'body.json');
  writeFileSync(file, text);
  const { id } = await installation.json<RequestAccepted>('request', 'create', 'daily-report', '--body', file);
  return (await installation
    .json<RequestView>('request', 'wait', id)
    .catch(() => installation.json<RequestView>('request', 'show', id))) as RequestView;
}

describe('an operation with a module, on a whole Slow Lane', () => {
  it('is mediated in the plugin host, and its end is told to the webhook', async () => {
    const request = await asked({ from: '2024-01-01', to: '2024-06-30' });
    expect(request.failure).toMatchObject({
      code: 'mediate.failed',
      message: './mediate.ts refuses the request: 6 months are too many at once, ask for 3',
    });
    await expect.poll(() => told.map(({ type }) => type), { timeout: 20_000 }).toContain('request.failed');
    expect(told[0]?.data.failure?.message).toContain('6 months are too many');
    await expect
      .poll(() => installation.json<DeliveryList>('delivery', 'ls', '--state', 'sent'), { timeout: 20_000 })
      .toMatchObject({ deliveries: [{ request: request.id, attempt: 1, status: 204 }] });
  }, 120_000);

  it('shows its schedule, and rests while it is paused', async () => {
    const { schedules } = await installation.json<ScheduleList>('schedule', 'ls');
    expect(schedules).toMatchObject([{ pipeline: 'daily-report', zone: 'Europe/Madrid', catchUp: 'last' }]);
    expect(schedules[0]?.next).toHaveLength(3);
    const paused = await installation.json<ScheduleView>('schedule', 'pause', 'daily-report', '--reason', 'month end');
    expect(paused.paused).toMatchObject({ reason: 'month end' });
    expect((await installation.json<ScheduleView>('schedule', 'resume', 'daily-report')).paused).toBeUndefined();
  }, 60_000);
});
