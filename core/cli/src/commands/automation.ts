import type { DeliveryView, ScheduleView } from '@slowlane/contracts';
import { SlowLaneError } from '@slowlane/contracts';
import { type OperationTestView, type Style, defineCommand, text } from '../command.ts';

export const operationTest = defineCommand({
  name: 'operation test',
  summary: 'run the examples of an operation: body in, parts out; nothing needs to run',
  details:
    'The examples stand in FILE.tests.yaml beside the pipeline file (daily.yaml: daily.tests.yaml), under the key "tests". Each has a name, a body, what look-ups find ("given"), and what is expected.',
  args: [{ form: '<file>', help: 'pipeline file' }],
  options: [{ form: '--tests <file>', help: 'file with the examples, where it is not FILE.tests.yaml' }],
  async run(input, { local }) {
    const view = await local.testOperation(input.args[0] as string, text(input, 'tests'));
    return { ...view, exitCode: view.failed === 0 ? 0 : 1 };
  },
  render: renderTests,
});

function renderTests(view: OperationTestView, style: Style): string[] {
  return [
    ...view.tests.flatMap(({ name, passed, problems }) => [
      `${passed ? style.good('ok  ') : style.bad('FAIL')} ${name}`,
      ...problems.flatMap((problem) => problem.split('\n').map((line) => `     ${line}`)),
    ]),
    `${view.passed} passed, ${view.failed} failed`,
  ];
}

export const scheduleLs = defineCommand({
  name: 'schedule ls',
  summary: 'schedules of all pipelines, and when they fire next',
  run: (_input, { client }) => client().listSchedules(),
  render: ({ schedules }, style) =>
    style.table(
      schedules.map((row) => [row.pipeline, row.name, `${row.cron} ${row.zone}`, nextOf(row), lastOf(row)]),
      ['pipeline', 'schedule', 'when', 'next (UTC)', 'last'],
    ),
});

export const schedulePause = defineCommand({
  name: 'schedule pause',
  summary: 'pause a schedule by hand; what falls into the pause is skipped',
  args: [
    { form: '<pipeline>', help: 'name of the pipeline' },
    { form: '[name]', help: 'name of the schedule (default: default)' },
  ],
  options: [{ form: '--reason <text>', help: 'why', default: 'by hand' }],
  run: (input, { client }) =>
    client().pauseSchedule(input.args[0] as string, input.args[1] ?? 'default', text(input, 'reason') ?? 'by hand'),
  render: (row) => [`${row.pipeline} ${row.name}: ${nextOf(row)}`],
});

export const scheduleResume = defineCommand({
  name: 'schedule resume',
  summary: 'let a paused schedule go on',
  args: [
    { form: '<pipeline>', help: 'name of the pipeline' },
    { form: '[name]', help: 'name of the schedule (default: default)' },
  ],
  run: (input, { client }) => client().resumeSchedule(input.args[0] as string, input.args[1] ?? 'default'),
  render: (row) => [`${row.pipeline} ${row.name}: next ${nextOf(row)}`],
});

export const deliveryLs = defineCommand({
  name: 'delivery ls',
  summary: 'notifications and their state',
  options: [{ form: '--state <state>', help: 'pending | sent | dead' }],
  run(input, { client }) {
    const state = text(input, 'state');
    if (state === undefined) return client().listDeliveries();
    if (state === 'pending' || state === 'sent' || state === 'dead') return client().listDeliveries({ state });
    throw new SlowLaneError('cli.usage', `--state ${state} is none of pending, sent, dead`);
  },
  render: ({ deliveries }, style) =>
    style.table(
      deliveries.map((row) => [row.id, row.state, String(row.attempt), row.address, row.failure?.message ?? '']),
      ['delivery', 'state', 'tries', 'to', 'why'],
    ),
});

export const deliveryRedeliver = defineCommand({
  name: 'delivery redeliver',
  summary: 'send a dead notification again',
  args: [{ form: '<id>', help: 'id of the delivery' }],
  run: (input, { client }) => client().redeliver(input.args[0] as string),
  render: (row: DeliveryView) => [`${row.id} to ${row.address}: ${row.state}`],
});

function nextOf({ paused, next }: ScheduleView): string {
  if (paused !== undefined) return `paused by ${paused.by}: ${paused.reason}`;
  return next[0] === undefined ? 'never' : new Date(next[0]).toISOString().slice(0, 16).replace('T', ' ');
}

function lastOf({ lastRequest, problem }: ScheduleView): string {
  return lastRequest ?? problem ?? '';
}
