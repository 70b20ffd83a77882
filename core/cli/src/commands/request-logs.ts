import { SlowLaneError } from '@slowlane/contracts';
import { defineCommand } from '../command.ts';

export const requestLogs = defineCommand({
  name: 'request logs',
  summary: 'the driver logs of all parts of a request that have ended',
  args: [{ form: '<id>', help: 'id of the request, or REQUEST/PART for one part' }],
  async run(input, { client, json, write, say }) {
    const [id = '', ...rest] = (input.args[0] as string).split('/');
    const wanted = rest.length === 0 ? undefined : rest.join('/');
    const api = client();
    const parts = (await api.getWholeRequest(id)).parts.filter(({ key }) => wanted === undefined || key === wanted);
    if (parts.length === 0)
      throw new SlowLaneError(
        'run.not-found',
        `request ${id} has no part${wanted === undefined ? ' yet' : ` "${wanted}"`}`,
      );
    const logs: { part: string; key: string; log: string | undefined }[] = [];
    for (const { id: part, key } of parts) {
      const log = await logOf(part, (runId) => api.getRunLog(runId));
      logs.push({ part, key, log });
      if (json) continue;
      if (parts.length > 1) write(`==> ${key} (${part})\n`);
      if (log === undefined) say(`${key}: no log (yet)`);
      else write(log.endsWith('\n') ? log : `${log}\n`);
    }
    return { request: id, logs };
  },
});

async function logOf(part: string, read: (id: string) => Promise<string>): Promise<string | undefined> {
  try {
    return await read(part);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'run.not-found') return undefined;
    throw error;
  }
}
