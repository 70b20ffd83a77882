import { type RequestView, type RunView, SlowLaneError } from '@slowlane/contracts';
import { type CommandContext, defineCommand } from '../command.ts';

/** Parts that an error names. */
const MOST_NAMES = 20;

export const runShow = defineCommand({
  name: 'run show',
  summary: 'one run of the workspace',
  args: [{ form: '<id>', help: 'run id, or id of the part' }],
  run: (input, { client }) => client().getRun(input.args[0] as string),
  render: (run) => [
    `run ${run.runId} of ${run.part}: ${run.state} on ${run.workspace}`,
    ...progressOf(run.progress),
    ...(run.runPageUrl === undefined ? [] : [run.runPageUrl]),
  ],
});

function progressOf(progress: RunView['progress']): string[] {
  if (progress === undefined) return [];
  const { percent, message, step } = progress;
  return [[percent === undefined ? `step ${step}` : `${percent} %`, message].filter(Boolean).join('  ')];
}

export const runLogs = defineCommand({
  name: 'run logs',
  summary: 'the driver log of a run that has ended',
  args: [{ form: '<id>', help: 'run id, or id of the part' }],
  async run(input, { client, json, write }) {
    const log = await client().getRunLog(input.args[0] as string);
    if (!json) write(log);
    return { log };
  },
});

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
  const { parts } = await client().getWholeRequest(request);
  const wanted = [key, ...rest].join('/');
  const part = parts.find((one) => one.key === wanted);
  if (part !== undefined) return part.id;
  throw new SlowLaneError('run.not-found', `request ${request} has no part "${wanted}"`, {
    hint: `Its parts: ${namesOf(parts) || 'none yet'}`,
  });
}

function namesOf(parts: RequestView['parts']): string {
  const first = parts.slice(0, MOST_NAMES).map(({ key }) => key);
  return [...first, ...(parts.length > MOST_NAMES ? [`and ${parts.length - MOST_NAMES} more`] : [])].join(', ');
}
