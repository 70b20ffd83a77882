import { openQueue } from '@slowlane/queue';
import { createArchiver } from '../archiver.ts';
import { type DatabaseLocation, openDatabase } from '../open-database.ts';

/** Archives, and kills itself with `kill -9` after the given step of the given batch. */
const [url = '', location = '{}', archiveDir = '', step = '', batch = ''] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
let reached = 0;

const queue = await openQueue({ url, logger });
const archiver = createArchiver({
  events: queue.events,
  db: await openDatabase(JSON.parse(location) as DatabaseLocation),
  archiveDir,
  leaseMs: 300,
  logger,
  onStep(at) {
    if (at === step && ++reached === Number(batch)) process.kill(process.pid, 'SIGKILL');
  },
});
archiver.start();
