import { parseDuration } from '@slowlane/kit';
import { defineCommand, flag, text } from '../command.ts';
import { waitLines } from '../wait-text.ts';

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
  run(input, { client }) {
    const time = text(input, 'for');
    return client().pauseGate(input.args[0] as string, {
      reason: text(input, 'reason') ?? 'by hand',
      ...(time === undefined ? {} : { until: Date.now() + parseDuration(time) }),
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

export const gateExplain = defineCommand({
  name: 'gate explain',
  summary: 'why the parts of a request wait, behind whom and until when',
  args: [{ form: '<id>', help: 'id of a request, or of a part' }],
  async run(input, { client }) {
    const id = input.args[0] as string;
    const { parts, state } = await client().getRequest(id.replace(/-\d+$/, ''));
    const wanted = parts.filter((part) => part.wait !== undefined && (!id.includes('-') || part.id === id));
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
