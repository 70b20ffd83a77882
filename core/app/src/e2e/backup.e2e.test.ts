import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { postgresForFile } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const server = postgresForFile({ beforeAll, afterAll });
const installations: TestInstallation[] = [];
afterEach(async () => {
  for (const installation of installations.splice(0)) await installation.close();
});

async function create(yaml?: string): Promise<TestInstallation> {
  const installation = await createTestInstallation(yaml);
  installations.push(installation);
  return installation;
}

it(
  'a backup of a running Slow Lane comes up elsewhere, there with its ledger in Postgres',
  { timeout: 240_000 },
  async () => {
    const first = await create();
    await first.up();
    const { secret } = await first.token('read', 'request:*');
    const folder = join(first.folder, 'backup');
    const made = await first.json<{ files: number; cursor: string }>('backup', folder, '--with-keys');
    expect(made.files).toBeGreaterThan(3);
    expect(await first.json('gc', '--dry-run')).toMatchObject({ removed: 0, dryRun: true });
    const refused = await first.slowlane('restore', folder);
    expect(refused.exitCode).toBe(94);
    await first.slowlane('down');

    const second = await create('ledger: { postgres: { url_env: LEDGER_URL } }\n');
    mkdirSync(second.home, { recursive: true });
    const unset = await second.slowlane('restore', folder);
    expect(unset.stdout + unset.stderr).toContain('LEDGER_URL is not set');
    second.env['LEDGER_URL'] = await server.postgres.createDatabase();
    expect(await second.json('restore', folder)).toMatchObject({ files: made.files, cursor: made.cursor });
    await second.up();
    const answer = await second.client(secret).listRequests({ limit: 1 });
    expect(answer).toBeDefined();
    const tokens = await second.json<{ tokens: { name: string }[] }>('token', 'ls');
    expect(tokens.tokens.map(({ name }) => name).sort()).toEqual(['admin', 'test']);
  },
);
