import { join } from 'node:path';
import { start } from '@slowlane/process';
import { repository } from '../processes/installation.ts';
import { slotUids } from '../processes/slot-uids.ts';
import type { TestInstallation } from './test-installation.ts';

/** Starts the demo, presses Ctrl-C when it has said `moment`, and gives how it ended and what is left of its processes then. Throws when it ends before. */
export async function interruptDemo(
  installation: TestInstallation,
  moment: string,
): Promise<{ exitCode: number | null; left: string[] }> {
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
  const { exitCode } = await demo.ended;
  return { exitCode, left: await processesOf(installation) };
}

/** Command lines that name its home, and all that runs as a user of its sandboxes. */
async function processesOf(installation: TestInstallation): Promise<string[]> {
  const { firstUid, count } = slotUids(installation.home);
  const { stdout } = await installation.user(['/bin/ps', '-eo', 'uid,pid,stat,args']);
  return stdout.split('\n').filter((line) => {
    const [uid, , state, ...args] = line.trim().split(/ +/);
    if (state?.startsWith('Z') || args[0] === '/bin/ps') return false;
    return args.join(' ').includes(installation.home) || (Number(uid) >= firstUid && Number(uid) < firstUid + count);
  });
}
