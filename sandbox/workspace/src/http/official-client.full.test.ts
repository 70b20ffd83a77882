import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '@slowlane/process';
import { startTestWorkspace, type TestWorkspace, token } from '../__fixtures__/test-workspace.ts';

const version = '0.156.0';

describe('the official Python SDK', { timeout: 300_000 }, () => {
  let test: TestWorkspace;
  let site: string;
  beforeAll(async () => {
    site = join(tmpdir(), `slowlane-databricks-sdk-${version}`);
    if (!existsSync(join(site, 'databricks'))) await install(site);
    test = await startTestWorkspace();
  }, 600_000);
  afterAll(() => test?.close());

  it('works with jobs, runs, files, workspace objects and identity', async () => {
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    const folder = await mkdtemp(join(tmpdir(), 'slowlane-sdk-'));
    await writeFile(join(folder, 'large.bin'), Buffer.alloc(60 * 1_024 * 1_024, 'x'));
    const ends = endPrograms();
    const script = fileURLToPath(new URL('../__fixtures__/official-client.py', import.meta.url));
    const result = await run(['/usr/bin/python3', script, join(folder, 'large.bin')], {
      env: {
        PATH: '/usr/bin:/bin',
        PYTHONPATH: site,
        HOME: folder,
        DATABRICKS_HOST: url,
        DATABRICKS_TOKEN: token,
        NO_PROXY: '*',
      },
      timeoutMs: 280_000,
    });
    ends.stop();
    await rm(folder, { recursive: true });
    expect(result.ok, result.stdout + result.stderr).toBe(true);
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) as string)).toEqual({
      me: 'owner@example.org',
      pages: 7,
      success: 'SUCCESS',
      failure: 'ValueError: bad',
      same: true,
      missingJob: 'ResourceDoesNotExist',
      missingRun: 'ResourceDoesNotExist',
      canceled: 'CANCELED',
      lostWithToken: 1,
      lostWithoutToken: 2,
      retried: true,
      file: 'hello',
      large: 60 * 1_024 * 1_024,
      missingFile: 'NotFound',
      exported: 'print(1)',
      listed: ['/Shared/a.py'],
      notImplemented: 'NotImplemented',
    });
  });

  /** Ends each program as soon as it runs: by its first parameter, like the program it stands for. */
  function endPrograms(): { stop(): void } {
    const done = new Set<string>();
    const timer = setInterval(() => {
      for (const [id, program] of test.driver.programs) {
        const mode = program.command.argv.at(-1);
        const isAsked = program.asked.length > 0;
        if (done.has(id) || (mode === 'wait' && !isAsked)) continue;
        done.add(id);
        if (mode === 'fail')
          void test.driver.end(id, { code: 1, stdout: 'Traceback (most recent call last):\nValueError: bad\n' });
        else void test.driver.end(id, { code: isAsked ? 143 : 0, stdout: 'done\n' });
      }
    }, 20);
    return { stop: () => clearInterval(timer) };
  }
});

async function install(site: string): Promise<void> {
  const argv = ['/usr/bin/python3', '-m', 'pip', 'install', '--quiet', '--target', site, `databricks-sdk==${version}`];
  const result = await run(argv, { inheritEnv: true, timeoutMs: 500_000 });
  if (!result.ok) throw new Error(`the SDK could not be installed: ${result.stderr.slice(-2_000)}`);
}
