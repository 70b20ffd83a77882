import { readFileSync } from 'node:fs';

export interface TcpConnection {
  localPort: number;
  remotePort: number;
  isEstablished: boolean;
  /** Bytes that have arrived and that nobody has read. */
  received: number;
}

/**
 * As the system knows them, in the network namespace of a process; those of nobody that it still tries to end are among them.
 *
 * @see https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export function tcpConnections(pid: number | 'self'): TcpConnection[] {
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1);
  return rows.map((row) => {
    const [, local, remote, state, queues] = row.trim().split(/\s+/);
    return {
      localPort: hexBehindColon(local),
      remotePort: hexBehindColon(remote),
      isEstablished: state === '01',
      received: hexBehindColon(queues),
    };
  });
}

function hexBehindColon(text = ''): number {
  return Number.parseInt(text.split(':')[1] ?? '', 16);
}
