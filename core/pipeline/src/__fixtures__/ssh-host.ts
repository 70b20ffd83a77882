import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { commitIn, freePort } from '@slowlane/testkit';

/** A git host that speaks ssh on loopback: real sshd with keys of its own, for one user, who may do nothing but read repositories. */
export interface SshHost {
  /** `ssh://root@127.0.0.1:PORT`, and below it the folder of the repositories. */
  url: string;
  /** `127.0.0.1:PORT`, as an operator names it. */
  host: string;
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  /** The key that it lets in. */
  deployKey: string;
  /** A key that it does not know. */
  strangersKey: string;
  commit(name: string, files: Record<string, string>): string;
  /** What it says when it is asked who has the LFS files; without it, it knows no LFS. */
  sayLfs(answer: string): void;
  forgetLfs(): void;
  /** How it was asked. */
  askedForLfs(): string;
  /** What sshd said so far. */
  said(): string;
  close(): Promise<void>;
}

const sshd = '/usr/sbin/sshd';

/** sshd changes to the user that logs in: only root can, and here it is root too. */
export function canStartSshHost(): boolean {
  return process.getuid?.() === 0 && existsSync(sshd) && existsSync('/usr/bin/ssh');
}

export async function startSshHost(folder: string): Promise<SshHost> {
  const root = join(folder, 'ssh-host');
  mkdirSync(root, { recursive: true });
  // Where sshd parts its privileges; Debian's unit makes it at each start.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const [host, deploy, strangers] = ['host', 'deploy', 'strangers'].map((name) => newKey(root, name)) as [
    Key,
    Key,
    Key,
  ];
  writeFileSync(join(root, 'authorized_keys'), `restrict,command="${join(root, 'reader')}" ${deploy.publicKey}\n`, {
    mode: 0o600,
  });
  writeFileSync(join(root, 'reader'), reader, { mode: 0o755 });
  writeFileSync(join(root, 'config'), configOf(root, port));
  const child = spawn(sshd, ['-D', '-e', '-f', join(root, 'config')], { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await untilListening(port, () => child.exitCode === null || said);
  return {
    url: `ssh://root@127.0.0.1:${port}${root}`,
    host: `127.0.0.1:${port}`,
    hostKey: host.publicKey,
    deployKey: deploy.privateKey,
    strangersKey: strangers.privateKey,
    commit: (name, files) => commitIn(join(root, name), files),
    sayLfs: (answer) => writeFileSync(join(root, 'lfs-says'), answer),
    forgetLfs: () => rmSync(join(root, 'lfs-says'), { force: true }),
    askedForLfs: () => readFileSync(join(root, 'lfs-asked'), 'utf8'),
    said: () => said,
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What a deploy key may do: the one command of a fetch, and the one that asks for LFS where the host has an answer. */
const reader = `#!/bin/sh
here=\${0%/*}
case "$SSH_ORIGINAL_COMMAND" in
git-lfs-authenticate\\ *) echo "$SSH_ORIGINAL_COMMAND" >"$here/lfs-asked" && exec cat "$here/lfs-says" ;;
*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
esac
`;

interface Key {
  privateKey: string;
  publicKey: string;
}

function newKey(root: string, name: string): Key {
  const file = join(root, name);
  execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  const [kind, text] = readFileSync(`${file}.pub`, 'utf8').trim().split(' ') as [string, string];
  return { privateKey: readFileSync(file, 'utf8'), publicKey: `${kind} ${text}` };
}

function configOf(root: string, port: number): string {
  return `ListenAddress 127.0.0.1:${port}
HostKey ${join(root, 'host')}
PidFile none
AuthorizedKeysFile ${join(root, 'authorized_keys')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin forced-commands-only
AcceptEnv GIT_PROTOCOL
LogLevel VERBOSE
`;
}

async function untilListening(port: number, isUp: () => string | boolean): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const said = isUp();
    if (said !== true) throw new Error(`sshd ended: ${said}`);
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (answered) return;
    await pause(25);
  }
  throw new Error('sshd does not listen');
}
