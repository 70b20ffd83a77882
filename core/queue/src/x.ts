import { openQueue } from './index.ts';
import { startRedis, createMemoryLogger } from '@slowlane/testkit';
const redis = await startRedis(); const logger = createMemoryLogger(); const queue = await openQueue({url: redis.url, logger});
const w = await queue.work({ prepare: async () => undefined, notify: async () => undefined }, { tickMs: 50 });
await redis.kill(); console.time('close');
setTimeout(()=>{console.log(process.getActiveResourcesInfo(), logger.entries.slice(-5))}, 15000).unref();
await queue.close(); console.timeEnd('close');
await redis.stop();
