import { run } from '@slowlane/process';

/** An account of this machine, made for one test. */
export interface OrdinaryUser {
  name: string;
  uid: number;
  gid: number;
  home: string;
  /** Becomes this account, with its groups and no others. */
  prefix: string[];
  /** Takes the account and its home away; what runs as it must have ended. */
  remove(): Promise<void>;
}

/** Why the machine has no account that could use `tier: rootless`; `undefined`: it has one when it is made. */
export async function whyNoOrdinaryUser(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can make an account';
  // Any id that nobody has: whether user namespaces are allowed does not hang on its being an account.
  const probe = ['--reuid', '64999', '--regid', '64999', '--clear-groups', '--', '/usr/bin/unshare', '--user'];
  const entered = await run(['/usr/bin/setpriv', ...probe, '--map-root-user', '--mount', '--', '/bin/true']);
  return entered.ok ? undefined : 'this machine gives ordinary users no user namespaces';
}

export async function makeOrdinaryUser(): Promise<OrdinaryUser> {
  const name = `slowlane-t${process.pid}`;
  const home = `/home/${name}`;
  await sure(['/usr/sbin/useradd', '--user-group', '--create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  const [uid, gid] = [await idOf('-u', name), await idOf('-g', name)];
  return {
    ...{ name, uid, gid, home },
    prefix: ['/usr/bin/setpriv', '--reuid', String(uid), '--regid', String(gid), '--init-groups', '--'],
    remove: async () => void (await sure(['/usr/sbin/userdel', '--remove', name])),
  };
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  return Number(await sure(['/usr/bin/id', flag, name]));
}

async function sure(argv: string[]): Promise<string> {
  const result = await run(argv);
  if (!result.ok) throw new Error(`${argv.join(' ')}: ${result.stderr}`);
  return result.stdout;
}
