import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

/**
 * The timer of the server's end of each connection as the system has it: `02:SECONDS/100` for one that will ask whether the other end is there.
 *
 * @see https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
function timersOf(port: number): { kind: string; ms: number }[] {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').trim().split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, address, , state]) => address?.endsWith(`:${local}`) && state === '01')
    .map(([, , , , , timer = '']) => ({ kind: timer.slice(0, 2), ms: Number.parseInt(timer.slice(3), 16) * 10 }));
}

it('the system asks after a minute of silence whether a client is still there', async () => {
  const served = await serve();
  const port = Number(new URL(await served.listen()).port);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await expect.poll(() => timersOf(port)).toMatchObject([{ kind: '02' }]);
  const [timer] = timersOf(port);
  expect(timer?.ms).toBeGreaterThan(0);
  expect(timer?.ms).toBeLessThanOrEqual(60_000);
  socket.destroy();
});
