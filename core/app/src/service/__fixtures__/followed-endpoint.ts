import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { buildEndpoint, type EndpointDeps } from '@slowlane/endpoint';
import { openLedger } from '@slowlane/ledger';
import { createEventFeed } from '@slowlane/notify';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger } from '@slowlane/testkit';

/** What the test gives as argument. */
export interface FollowedTask {
  redis: string;
  ledger: string;
  archive: string;
  host: string;
  follow: NonNullable<EndpointDeps['limits']['follow']>;
}

/** Asked for by a line on standard input; the memory after a collection. */
export interface FollowedSample {
  /** Bytes of the heap and of buffers outside of it. */
  held: number;
  followers: number;
  connections: number;
  /** Bytes that Node keeps for all connections because nobody takes them. */
  unread: number;
}

/** The endpoint with queue, ledger and feed as a process of its own, so that its memory can be told from the clients'. */
const task = JSON.parse(process.argv[2] ?? '{}') as FollowedTask;
const logger = createMemoryLogger();
const queue = await openQueue({ url: task.redis, logger });
const ledger = await openLedger({ file: task.ledger, archiveDir: task.archive, logger });
const { history } = ledger;
const feed = createEventFeed(queue.events, {
  history: (id, after) => history.requestEvents(id, after),
  cursor: () => history.cursor(),
  blockMs: 50,
  logger,
});
let followers = 0;
const deps: Partial<EndpointDeps> = {
  ...{ requests: queue.requests, tokens: ledger.tokens, pipelines: ledger.pipelines, history, logger },
  ...{ registrations: ledger.registrations, version: 'test', publicUrl: 'http://127.0.0.1' },
  limits: { bodyBytes: 1_048_576, sourceBytes: 1, follow: task.follow },
  feed: {
    async subscribe(id, after, listener) {
      const subscription = await feed.subscribe(id, after, listener);
      followers++;
      return { close: () => (followers--, subscription.close()) };
    },
  },
};
const app = await buildEndpoint(deps as EndpointDeps);
const sockets = new Set<Socket>();
app.server.on('connection', (socket: Socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
process.stdout.write(`${await app.listen({ host: task.host, port: 0 })}\n`);
createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${JSON.stringify(sample())}\n`))
  .on('close', () => {
    // Nothing may be left to be sent to where nobody is any more.
    for (const socket of sockets) socket.resetAndDestroy();
    setImmediate(() => process.exit(0));
  });

function sample(): FollowedSample {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  let unread = 0;
  for (const { writableLength } of sockets) unread += writableLength;
  return { held: heapUsed + external, followers, connections: sockets.size, unread };
}
