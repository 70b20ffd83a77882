// Runs inside a sandbox's network namespace, with the files and the user of this machine. Imports nothing of ours: a build waits for its start.
import { connect, createServer } from 'node:net';

const socketPath = process.argv[2] as string;
const server = createServer({ allowHalfOpen: true }, (client) => {
  const gateway = connect({ path: socketPath, allowHalfOpen: true });
  client.pipe(gateway).pipe(client);
  client.on('error', () => gateway.destroy());
  gateway.on('error', () => client.destroy());
  client.on('close', () => gateway.destroy());
  gateway.on('close', () => client.destroy());
});
server.listen({ port: 3128, host: '127.0.0.1', backlog: 256 }, () => process.stdout.write('ready\n'));
