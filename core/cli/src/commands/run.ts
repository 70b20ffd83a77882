import { SlowLaneError } from '@slowlane/contracts';
import { type CommandContext, defineCommand } from '../command.ts';

export const runCancel = defineCommand({
  name: 'run cancel',
  summary: 'cancel one part of a request with its run',
  details:
    'Whether the request can do without it is said by its join policy. To cancel all of it: slowlane request cancel.',
  args: [{ form: '<id>', help: 'run id, id of the part, or REQUEST/PART with the name of the part' }],
  async run(input, context) {
    const client = context.client();
    return client.cancelRun(await partIdOf(input.args[0] as string, context));
  },
  render: ({ part, state, workspace }, style) => [
    state === 'cancelling'
      ? `${style.bold(part)} is cancelling, until workspace ${workspace} says that it has ended`
      : `${style.bold(part)} ${state}`,
  ],
});

async function partIdOf(id: string, { client }: CommandContext): Promise<string> {
  const [request = '', key, ...rest] = id.split('/');
  if (key === undefined) return id;
  const { parts } = await client().getRequest(request);
  const wanted = [key, ...rest].join('/');
  const part = parts.find((one) => one.key === wanted);
  if (part !== undefined) return part.id;
  throw new SlowLaneError('run.not-found', `request ${request} has no part "${wanted}"`, {
    hint: `Its parts: ${parts.map((one) => one.key).join(', ') || 'none yet'}`,
  });
}
