import { openQueue } from '@slowlane/queue';
import { Policy, type RequestLane, type VolumeStore } from '@slowlane/contracts';
import { createMediator } from '../create-mediator.ts';

import { createFolderVolume } from './folder-volume.ts';
import { operationFile } from './operation-file.ts';

/** A node that only mediates. It kills itself with `kill -9` at the given step, the first time it comes there; without one it lives. */
const [url = '', base = '', step = ''] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const queue = await openQueue({ url, logger });
const requests = dying(queue.requests);
const mediator = createMediator({
  requests,
  pipelines: {
    get: async (name) => ({ name, revision: 1, file: operationFile, text: '', origin: 'applied', by: 'me', at: 0 }),
    put: () => Promise.reject(new Error('not here')),
    list: async () => [],
  },
  registrations: { get: async () => ({ pool: 'default', workspace: 'local' }) } as never,
  volumes: () => dyingVolume(createFolderVolume(base)),
  defaults: { resultBase: '/Volumes/main/slowlane' },
  policy: Policy.parse({}),
  logger,
});
await queue.work(
  {
    prepare: ({ requestId }) => mediator.prepare(requestId),
    split: ({ requestId }) => mediator.split(requestId),
    join: ({ requestId }) => mediator.join(requestId),
    notify: async () => undefined,
  },
  { tickMs: 100, lostAfterMs: 2_000, lockMs: 1_000 },
);

function dieAt(here: string): void {
  if (here === step) process.kill(process.pid, 'SIGKILL');
}

function dying(lane: RequestLane): RequestLane {
  const around =
    <Given extends unknown[], Value>(name: string, call: (...given: Given) => Promise<Value>) =>
    async (...given: Given): Promise<Value> => {
      dieAt(`before ${name}`);
      const value = await call(...given);
      dieAt(`after ${name}`);
      return value;
    };
  return {
    ...lane,
    beginMediation: around('begin', lane.beginMediation),
    park: around('park', lane.park),
    end: around('end', lane.end),
  };
}

function dyingVolume(volume: VolumeStore): VolumeStore {
  return {
    ...volume,
    async list(folder) {
      const entries = await volume.list(folder);
      dieAt('amid the listing');
      return entries;
    },
    async upload(path, open, size, options) {
      await volume.upload(path, open, size, options);
      dieAt('after the merge');
    },
  };
}
