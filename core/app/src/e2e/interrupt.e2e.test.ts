import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '@slowlane/process';
import { join } from 'node:path';
import { repository } from '../processes/installation.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
});
afterAll(() => installation.close());

describe('Ctrl-C', () => {
  it('in the middle of a push of the demo ends it and leaves no process behind', async () => {
    const demo = start([join(repository, 'slowlane'), 'demo', '--yes'], { env: installation.env, ownGroup: true });
    demo.stdout?.resume();
    let told = '';
    const pressed = new Promise<void>((resolve) => {
      demo.stderr?.on('data', (bytes: Buffer) => {
        told += bytes.toString('utf8');
        if (!told.includes('remote: --> sbt')) return;
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

    const after = await installation.user(['/bin/ps', '-eo', 'pid,stat,args']);
    const living = after.stdout.split('\n').filter((line) => !/^ *\d+ +Z/.test(line) && !line.includes('/bin/ps'));
    expect(living.filter((line) => line.includes(installation.home))).toEqual([]);
    const { processes } = await installation.json<{ processes: { running: boolean }[] }>('status');
    expect(processes.map(({ running }) => running)).toEqual([false, false, false, false]);
  });
});
