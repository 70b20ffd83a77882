import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The standard streams of a container over one connection. Not by dockerode, which sends a body with the call: podman hands that to the program as the
 * first it reads.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function attach(socketPath: string, containerId: string, hasStdin: boolean): Promise<Duplex> {
  const query = `stream=1&stdout=1&stderr=1&stdin=${hasStdin ? 1 : 0}`;
  const asked = request({
    socketPath,
    method: 'POST',
    path: `/containers/${containerId}/attach?${query}`,
    headers: { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Length': '0' },
  });
  return new Promise((resolve, reject) => {
    asked.once('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('response', (answer) => {
      answer.resume();
      reject(new Error(`attach was answered with ${answer.statusCode}`));
    });
    asked.once('error', reject);
    asked.end();
  });
}
