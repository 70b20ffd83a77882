import { type BuildView, SlowLaneError } from '@slowlane/contracts';
import type { CommandContext } from './command.ts';

/** Writes the log as it comes. Throws the failure of a build that failed. */
export async function followBuild(id: string, context: CommandContext): Promise<BuildView> {
  const client = context.client();
  for await (const line of client.followBuildLog(id, { signal: context.signal })) context.write(`${line}\n`);
  const ended = await client.getBuild(id);
  if (ended.failure !== undefined) throw SlowLaneError.from(ended.failure as never);
  return ended;
}
