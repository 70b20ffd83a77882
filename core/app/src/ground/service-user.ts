import { run } from '@slowlane/process';
import { SlowLaneError } from '@slowlane/contracts';

/** The ordinary user that Slow Lane's own processes run as when root starts them. */
export const serviceUserName = 'slowlane';

export interface Account {
  uid: number;
  gid: number;
}

/** Root drops to the service user; anybody else stays who they are. */
export async function serviceAccount(): Promise<Account> {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid !== 0) return { uid, gid };
  const [user, group] = await Promise.all([idOf('-u'), idOf('-g')]);
  return { uid: user, gid: group };
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  const result = await run(['/usr/bin/id', flag, serviceUserName]);
  if (!result.ok)
    throw new SlowLaneError(
      'ground.missing',
      `there is no user "${serviceUserName}" for Slow Lane's processes to run as`,
    );
  return Number(result.stdout.trim());
}
