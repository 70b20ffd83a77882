import { Queue } from 'bullmq';
import { rawConnector } from './raw-connector.ts';

/** `queue.add` of plain BullMQ: what an accept is measured against. */
export function openRawAdd(url: string): { add(data: object): Promise<string>; close(): Promise<void> } {
  const connection = rawConnector(url)();
  const queue = new Queue('raw-add', { connection, prefix: '{rawadd}' });
  return {
    add: async (data) => String((await queue.add('raw', data)).id),
    async close() {
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
    },
  };
}
