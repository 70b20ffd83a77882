import type { SshAccess } from '@slowlane/contracts';
import type { SandboxedGit } from './fetch-sandbox.ts';

const folder = '/work/ssh';

/**
 * Nothing but the one key, and no server but one that proves to have one of the keys that are known; no question to anybody, nothing forwarded, nothing learned.
 * The server is met at the address of the gateway: by `HostKeyAlias` it is known by name.
 */
const settings = `Host *
  HostKeyAlias source
  UserKnownHostsFile ${folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  CheckHostIP no
  UpdateHostKeys no
  IdentityFile ${folder}/key
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  BatchMode yes
  ClearAllForwardings yes
  ForwardAgent no
  PermitLocalCommand no
  ControlMaster no
  ConnectTimeout 30
  ServerAliveInterval 15
  ServerAliveCountMax 4
`;

const ssh = ['/usr/bin/ssh', '-F', `${folder}/config`];

/** For git in the sandbox. */
export const sshEnvironment: Readonly<Record<string, string>> = {
  GIT_ALLOW_PROTOCOL: 'ssh',
  GIT_SSH_COMMAND: ssh.join(' '),
  GIT_SSH_VARIANT: 'ssh',
};

/** Puts the key and what is known of the server where git's ssh finds them: in the fetch sandbox and nowhere else. */
export async function prepareSsh(git: SandboxedGit, { privateKey, hostKeys }: SshAccess): Promise<void> {
  await git.write(`${folder}/config`, settings);
  await git.write(`${folder}/known_hosts`, hostKeys.map((key) => `source ${key}\n`).join(''));
  await git.write(`${folder}/key`, `${privateKey.trimEnd()}\n`);
}

/** Runs a program on the server, as its words: they must not need quoting. `address` is `host:port`. */
export function sshCommand({ user }: SshAccess, address: string, words: readonly string[]): string[] {
  const [host, port] = address.split(':') as [string, string];
  return [...ssh, '-p', port, '--', `${user}@${host}`, ...words];
}

/** What packs the objects has seen the server's bytes: it must not find the key. */
export async function forgetSsh(git: SandboxedGit): Promise<void> {
  await git.remove(folder);
}
