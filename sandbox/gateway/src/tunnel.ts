import type { IncomingMessage } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type GatewayTunnel, type Logger, SlowLaneError } from '@slowlane/contracts';
import { MAX_HELLO_BYTES, readClientHello } from './client-hello.ts';

export interface TunnelLimits {
  /** Of all tunnels of a door together: a build sends almost nothing, and what it sends is a way out for data. */
  upBytes: number;
  downBytes: number;
  /** Of one tunnel, in milliseconds. */
  wallMs: number;
  idleMs: number;
  connectTimeoutMs: number;
  atOnce: number;
}

export const tunnelLimits: TunnelLimits = {
  upBytes: 8 * 1024 ** 2,
  downBytes: 2 * 1024 ** 3,
  wallMs: 15 * 60_000,
  idleMs: 60_000,
  connectTimeoutMs: 10_000,
  atOnce: 32,
};

export interface TunnelOptions {
  /** `host:port`, in lower case. */
  hosts: readonly string[];
  /** Gives public addresses only. */
  lookup: LookupFunction;
  limits: TunnelLimits;
  logger: Logger;
  onDenied(path: string, reason: string): void;
}

/** The tunnels of one door. */
export interface Tunnels {
  /** Answers one CONNECT. Never throws. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  opened(): GatewayTunnel[];
  /** Cuts all of them. */
  close(): void;
}

/**
 * CONNECT, for tools that cannot go through the layouts of registries: TLS to a host that was named, to an address that was checked where it is
 * dialled, for no other name than the one that was asked for. What passes is not seen and not verified; it is bounded and written down.
 */
export function createTunnels(options: TunnelOptions): Tunnels {
  const budget = { up: options.limits.upBytes, down: options.limits.downBytes };
  const found: GatewayTunnel[] = [];
  const open = new Set<Duplex>();
  return {
    open(request, socket, head) {
      const asked = (request.url ?? '').slice(0, 300);
      socket.on('error', () => undefined);
      const refuse = (failure: SlowLaneError): void => {
        options.onDenied(`CONNECT ${asked}`, `${failure.code}: ${failure.message}`);
        options.logger.warn({ asked, reason: failure.message }, 'a tunnel was refused');
        const status = failure.code === 'gateway.denied' ? '403 Forbidden' : '502 Bad Gateway';
        socket.end(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n\r\n${failure.code}: ${failure.message}\n`);
      };
      try {
        const target = targetOf(asked, options, open.size / 2);
        establish({ options, target, budget, found, open, refuse, socket: socket as Socket, head });
      } catch (error) {
        refuse(error as SlowLaneError);
      }
    },
    opened: () => found.map((tunnel) => ({ ...tunnel })),
    close() {
      for (const socket of open) socket.destroy();
    },
  };
}

interface Target {
  host: string;
  port: number;
}

/** Throws `gateway.denied`. */
function targetOf(asked: string, { hosts, limits }: TunnelOptions, atOnce: number): Target {
  const [, host = '', port = ''] = /^([A-Za-z0-9.-]{1,253}):([0-9]{1,5})$/.exec(asked) ?? [];
  const named = `${host.toLowerCase()}:${port}`;
  if (!hosts.includes(named))
    throw new SlowLaneError(
      'gateway.denied',
      `${asked} is none of the hosts of this build (${hosts.join(', ') || 'none'})`,
      {
        hint: 'Name it under build.connect; the platform team allows it under policy.connect.',
      },
    );
  if (atOnce >= limits.atOnce) throw new SlowLaneError('gateway.denied', `more than ${limits.atOnce} tunnels at once`);
  return { host: host.toLowerCase(), port: Number(port) };
}

interface Establishing {
  options: TunnelOptions;
  target: Target;
  budget: { up: number; down: number };
  found: GatewayTunnel[];
  open: Set<Duplex>;
  refuse(failure: SlowLaneError): void;
  socket: Socket;
  head: Buffer;
}

function establish(way: Establishing): void {
  const { options, target, socket, open, refuse } = way;
  const name = `${target.host}:${target.port}`;
  // The operator wrote an address as digits: it is meant, wherever it is.
  const lookup = isIP(target.host) === 0 ? { lookup: options.lookup } : {};
  const outer = connect({ ...target, ...lookup });
  for (const end of [socket, outer]) {
    open.add(end);
    end.once('close', () => open.delete(end));
  }
  socket.once('close', () => outer.destroy());
  const slow = setTimeout(() => outer.destroy(new Error('it does not answer')), options.limits.connectTimeoutMs);
  let isConnected = false;
  outer.once('error', (error) => {
    clearTimeout(slow);
    if (isConnected) return;
    const known = error instanceof SlowLaneError ? error : undefined;
    refuse(known ?? new SlowLaneError('gateway.upstream', `${name}: ${error.message}`, { cause: error }));
  });
  outer.once('connect', () => {
    clearTimeout(slow);
    isConnected = true;
    // After an end in order the client still has bytes to come, which the pipe brings it.
    outer.on('error', () => undefined).once('close', () => outer.readableEnded || socket.destroy());
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    greet(way, outer);
  });
}

/** The first bytes decide: TLS for the name that was asked for, or nothing. */
function greet(way: Establishing, outer: Socket): void {
  const { options, target, socket } = way;
  let seen = way.head;
  const slow = setTimeout(() => socket.destroy(), options.limits.connectTimeoutMs);
  socket.once('close', () => clearTimeout(slow));
  const look = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const hello = seen.length > MAX_HELLO_BYTES ? 'no-tls' : readClientHello(seen);
    if (hello === 'incomplete') return;
    clearTimeout(slow);
    socket.off('data', look).pause();
    const wanted = isIP(target.host) === 0 ? target.host : undefined;
    if (hello !== 'no-tls' && hello.serverName === wanted) return carry(way, outer, seen);
    const what =
      hello === 'no-tls' ? 'what is sent is no TLS' : `the connection is for ${hello.serverName ?? 'no name'}`;
    const asked = `${target.host}:${target.port}`;
    options.onDenied(`CONNECT ${asked}`, `gateway.denied: ${asked}: ${what}`);
    options.logger.warn({ asked, what }, 'a tunnel was cut');
    socket.destroy();
  };
  socket.on('data', look);
  look(Buffer.alloc(0));
}

function carry({ options, target, budget, found, socket }: Establishing, outer: Socket, first: Buffer): void {
  const { limits, logger, onDenied } = options;
  const tunnel: GatewayTunnel = { host: `${target.host}:${target.port}`, bytesUp: 0, bytesDown: 0 };
  found.push(tunnel);
  const cut = (why: string): void => {
    onDenied(`CONNECT ${tunnel.host}`, `gateway.denied: ${tunnel.host}: ${why}`);
    socket.destroy();
  };
  const wall = setTimeout(() => cut(`the tunnel was open for ${limits.wallMs} ms`), limits.wallMs);
  socket.setTimeout(limits.idleMs, () => socket.destroy());
  socket.once('close', () => {
    clearTimeout(wall);
    logger.info({ ...tunnel }, 'a tunnel was closed; what it carried was not verified');
  });
  const up = (chunk: Buffer): void => {
    tunnel.bytesUp += chunk.length;
    budget.up -= chunk.length;
    if (budget.up < 0) cut(`more than ${limits.upBytes} bytes were sent`);
  };
  socket.on('data', up);
  outer.on('data', (chunk: Buffer) => {
    tunnel.bytesDown += chunk.length;
    budget.down -= chunk.length;
    if (budget.down < 0) cut(`more than ${limits.downBytes} bytes came`);
  });
  up(first);
  if (socket.destroyed) return;
  outer.write(first);
  socket.pipe(outer).pipe(socket);
}
