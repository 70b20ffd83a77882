import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** What the test says in one line on standard input, once the network is there. */
export interface SilentTask {
  host: string;
  port: number;
  secret: string;
  requests: string[];
}

/** Follows each request on a connection of its own, and reads no more than the head of the answer. */
process.stdout.write('here\n');
const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
const { host, port, secret, requests } = JSON.parse(line) as SilentTask;
for (const request of requests) {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  socket.write(`GET /v1/requests/${request}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(head.toString('latin1'));
}
process.stdout.write('following\n');
