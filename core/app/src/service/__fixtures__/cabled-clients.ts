import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run, start } from '@slowlane/process';
import type { SilentTask } from './silent-clients.ts';
import { type TcpConnection, tcpConnections } from './tcp-connections.ts';

const program = fileURLToPath(new URL('silent-clients.ts', import.meta.url));

export interface CabledClients {
  /** Of this machine, at the near end of the cable. */
  address: string;
  /** Resolves when each of them has the head of its answer. */
  follow(task: SilentTask): Promise<void>;
  /** The process stands still; its system goes on taking packets until its buffers are full. */
  stop(): void;
  /** From now on no packet arrives, and no end of a connection is told. */
  cutCable(): Promise<void>;
  /** As their own system knows them. */
  connections(): TcpConnection[];
  end(): Promise<void>;
}

/** Clients that do not read, in a network namespace of their own behind a cable to this machine; its near end is 198.18.`net`.1. */
export async function startCabledClients(net: number): Promise<CabledClients> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', program];
  const clients = start(['unshare', '--net', '--', ...node], { inheritEnv: true, stdin: 'pipe' });
  const lines: string[] = [];
  const [isHere, isFollowing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const stream of [clients.stdout, clients.stderr])
    createInterface({ input: stream as NonNullable<typeof stream> }).on('line', (line) => {
      lines.push(line);
      if (line === 'here') isHere.resolve();
      if (line === 'following') isFollowing.resolve();
    });
  void clients.ended.then(() => {
    for (const { reject } of [isHere, isFollowing]) reject(new Error(`the clients have ended: ${lines.join('\n')}`));
  });
  for (const { promise } of [isHere, isFollowing]) promise.catch(() => undefined);
  await isHere.promise;
  const pid = String(clients.pid);
  const inside = (...command: string[]) => mustRun('nsenter', '--net', '--target', pid, '--', ...command);
  const [near, address] = [`slowlane${net}`, `198.18.${net}.1`];
  await mustRun('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', 'cable', 'netns', pid);
  await mustRun('ip', 'address', 'add', `${address}/30`, 'dev', near);
  await mustRun('ip', 'link', 'set', near, 'up');
  // Small, so that little of what nobody reads is held by the two systems instead of the endpoint.
  await inside('sh', '-c', 'echo 4096 8192 8192 > /proc/sys/net/ipv4/tcp_rmem');
  await inside('ip', 'address', 'add', `198.18.${net}.2/30`, 'dev', 'cable');
  await inside('ip', 'link', 'set', 'cable', 'up');
  // Another near end of this machine is reached over the same cable.
  await inside('ip', 'route', 'add', 'default', 'via', address);
  return {
    address,
    async follow(task) {
      clients.stdin?.write(`${JSON.stringify(task)}\n`);
      await isFollowing.promise;
    },
    stop: () => void clients.kill('SIGSTOP'),
    cutCable: () => inside('ip', 'link', 'set', 'cable', 'down'),
    connections: () => tcpConnections(clients.pid),
    async end() {
      // By itself it would go with the namespace, which lasts as long as the connections that its system still tries to end.
      await mustRun('ip', 'link', 'delete', near);
      clients.kill('SIGKILL');
      await clients.ended;
    },
  };
}

async function mustRun(...argv: string[]): Promise<void> {
  const { ok, stderr } = await run(argv, { inheritEnv: true, timeoutMs: 10_000 });
  if (!ok) throw new Error(`${argv.join(' ')}: ${stderr}`);
}
