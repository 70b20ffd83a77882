import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '@slowlane/process';
import { join } from 'node:path';
import { repository } from '../processes/installation.ts';
import { slotUids } from '../processes/slot-uids.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation('policy: { callbacks: ["127.0.0.1:7073"] }\n');
});
afterAll(() => installation.close());

/** Starts the demo, presses Ctrl-C when it has said `moment`, and gives what is left of its processes once it has ended. */
async function interruptAt(moment: string): Promise<string[]> {
  const demo = start([join(repository, 'slowlane'), 'demo', '--yes'], { env: installation.env, ownGroup: true });
  demo.stdout?.resume();
  let told = '';
  const pressed = new Promise<void>((resolve) => {
    demo.stderr?.on('data', (bytes: Buffer) => {
      told += bytes.toString('utf8');
      if (!told.includes(moment)) return;
      demo.stderr?.removeAllListeners('data').resume();
      // A terminal sends it to the whole foreground group.
      process.kill(-demo.pid, 'SIGINT');
      resolve();
    });
  });
  const early = demo.ended.then(() => Promise.reject(new Error(`the demo ended by itself:\n${told}`)));
  await Promise.race([pressed, early]);
  early.catch(() => undefined);
  expect((await demo.ended).exitCode).not.toBe(0);
  const { firstUid, count } = slotUids(installation.home);
  const { stdout } = await installation.user(['/bin/ps', '-eo', 'uid,pid,stat,args']);
  return stdout.split('\n').filter((line) => {
    const [uid, , state, ...args] = line.trim().split(/ +/);
    if (state?.startsWith('Z') || args[0] === '/bin/ps') return false;
    return args.join(' ').includes(installation.home) || (Number(uid) >= firstUid && Number(uid) < firstUid + count);
  });
}

describe('Ctrl-C', () => {
  it.each([
    ['a push', 'remote: --> sbt'],
    ['a run', 'event part.running'],
  ])(
    'in the middle of %s of the demo ends it and leaves no process behind',
    { timeout: 600_000 },
    async (_what, moment) => {
      expect(await interruptAt(moment)).toEqual([]);
      const { processes } = await installation.json<{ processes: { running: boolean }[] }>('status');
      expect(processes.map(({ running }) => running)).toEqual([false, false, false, false]);
    },
  );
});
