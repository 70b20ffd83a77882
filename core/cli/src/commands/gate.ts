import { SlowLaneError } from '@slowlane/contracts';
import { defineCommand, flag, text } from '../command.ts';
import { findWaiting } from '../find-waiting.ts';
import { durationOption } from '../read-option.ts';
import { closureText, waitLines } from '../wait-text.ts';

const dimension = { form: '<dimension>', help: '* | op:NAME | pool:NAME | ws:NAME | res:NAME | tn:NAME' };

export const gatePause = defineCommand({
  name: 'gate pause',
  summary: 'let nothing new through on a dimension until gate release; what runs goes on',
  args: [dimension],
  options: [
    { form: '--reason <text>', help: 'why', default: 'by hand' },
    { form: '--for <duration>', help: 'release it by itself after this time: 2h' },
    { form: '--drain', help: 'tell (event gate.drained) when nothing runs there any more' },
  ],
  async run(input, { client }) {
    const forMs = durationOption(input, 'for');
    return client().pauseGate(input.args[0] as string, {
      reason: text(input, 'reason') ?? 'by hand',
      ...(forMs === undefined ? {} : { until: Date.now() + forMs }),
      ...(flag(input, 'drain') ? { drain: true } : {}),
    });
  },
  render: (_gates, style) => [`${style.warn('paused')}; end it with: slowlane gate release`],
});

export const gateRelease = defineCommand({
  name: 'gate release',
  summary: 'end a pause or a drain; on "*" also the closing of the whole gate',
  args: [dimension],
  options: [{ form: '--reason <text>', help: 'why', default: 'by hand' }],
  run: (input, { client }) =>
    client().releaseGate(input.args[0] as string, { reason: text(input, 'reason') ?? 'by hand' }),
  render: (_gates, style) => [style.good('released')],
});

export const gateBusy = defineCommand({
  name: 'gate busy',
  summary: 'postpone what would start on a dimension while something behind it is busy; what runs goes on',
  details: 'For the systems that runs share: each token has a word of its own. Repeating it moves its end.',
  args: [dimension],
  options: [
    { form: '--reason <text>', help: 'why', default: 'busy' },
    { form: '--for <duration>', help: 'take it back by itself after this time: 2h' },
  ],
  run(input, { client }) {
    const forMs = durationOption(input, 'for');
    return client().markBusy(input.args[0] as string, {
      reason: text(input, 'reason') ?? 'busy',
      ...(forMs === undefined ? {} : { until: Date.now() + forMs }),
    });
  },
  render: (_gates, style) => [`${style.warn('busy')}; take it back with: slowlane gate free`],
});

export const gateFree = defineCommand({
  name: 'gate free',
  summary: 'take your own gate busy back',
  args: [dimension],
  run: (input, { client }) => client().markFree(input.args[0] as string),
  render: (_gates, style) => [style.good('free')],
});

export const gateMetric = defineCommand({
  name: 'gate metric',
  summary: 'say how a metric stands; dimensions that name it close and open by it',
  args: [
    { form: '<name>', help: 'as operation.gates.metric or a limit of slowlane.yaml names it' },
    { form: '<value>', help: 'a number' },
  ],
  run: (input, { client }) => client().postMetric(input.args[0] as string, numberOf(input.args[1] as string)),
  render: ({ gates }, style) => {
    const closed = gates.filter((gate) => gate.closed?.some(({ cause }) => cause.startsWith('metric:')));
    return closed.length === 0
      ? [style.good('no metric closes anything')]
      : closed.map(
          (gate) => `${style.warn('closed')} ${gate.dimension}: ${(gate.closed ?? []).map(closureText).join('; ')}`,
        );
  },
});

function numberOf(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value)) return value;
  throw new SlowLaneError('cli.usage', `the value must be a number, but is "${given}"`);
}

export const gateExplain = defineCommand({
  name: 'gate explain',
  summary: 'why the parts of a request wait, behind whom and until when',
  args: [{ form: '<id>', help: 'id of a request, or of a part' }],
  async run(input, { client }) {
    const id = input.args[0] as string;
    const { parts, state } = await findWaiting(client(), id);
    const wanted = parts.filter(({ id: part, wait }) => wait !== undefined && (!id.includes('-') || part === id));
    return { id, state, waiting: wanted.map(({ id: part, key, wait }) => ({ part, key, wait })) };
  },
  render: ({ id, state, waiting }, style) =>
    waiting.length === 0
      ? [`${id} is ${state}: nothing of it waits at the gate`]
      : waiting.flatMap(({ part, key, wait }) => [
          `${style.bold(part)} ${key}`,
          ...(wait === undefined ? [] : waitLines(wait)).map((line) => `  ${line}`),
        ]),
});
