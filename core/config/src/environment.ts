import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What Slow Lane takes from the environment; nothing else of it is ever read or passed on. */
export interface Environment {
  /** State folder: SLOWLANE_HOME, default `~/.slowlane` (root: `/var/lib/slowlane`, which the service user can reach). */
  home: string;
  /** Tools installed at set-up: SLOWLANE_GROUND, default `<home>/ground`. */
  ground: string;
  /** Address of a running Slow Lane: SLOWLANE_URL. */
  url: string | undefined;
  token: string | undefined;
  /** Configuration file: SLOWLANE_CONFIG, default `<home>/slowlane.yaml`. */
  configFile: string;
  /** The caller named the file, so it must be there. */
  isConfigNamed: boolean;
  /** For the sandbox helper: first uid of the installation's sandboxes. */
  firstSlotUid: number | undefined;
  isCi: boolean;
  /** PATH for tools that the caller installed; the service itself uses fixed paths. */
  path: string;
  /** Any variable by name: only for secrets that slowlane.yaml names (`token_env`). */
  secret(name: string): string | undefined;
  /** For Slow Lane's own processes: who they serve (`uid:gid`). */
  account: { uid: number; gid: number } | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const home = env['SLOWLANE_HOME'] || (userInfo().uid === 0 ? '/var/lib/slowlane' : join(homedir(), '.slowlane'));
  return {
    home,
    ground: env['SLOWLANE_GROUND'] || join(home, 'ground'),
    url: env['SLOWLANE_URL'] || undefined,
    token: env['SLOWLANE_TOKEN'] || undefined,
    configFile: env['SLOWLANE_CONFIG'] || join(home, 'slowlane.yaml'),
    isConfigNamed: Boolean(env['SLOWLANE_CONFIG']),
    firstSlotUid: env['SLOWLANE_FIRST_UID'] ? Number(env['SLOWLANE_FIRST_UID']) : undefined,
    isCi: env['CI'] === 'true',
    path: env['PATH'] || '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    secret: (name) => env[name] || undefined,
    account: accountOf(env['SLOWLANE_ACCOUNT']),
  };
}

function accountOf(text: string | undefined): { uid: number; gid: number } | undefined {
  const [uid, gid] = (text ?? '').split(':').map(Number);
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid as number, gid: gid as number } : undefined;
}

/** The caller's whole environment, for programs that are the caller's own (git push, npm, apt). */
export function callerEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
