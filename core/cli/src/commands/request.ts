import {
  type BulkFilter,
  type BulkOutcome,
  type CreateRequest,
  isRequestTerminal,
  type RequestAccepted,
  type RequestState,
  type RequestView,
  SlowLaneError,
} from '@slowlane/contracts';
import { formatDuration, isHeldBack } from '@slowlane/kit';
import { type CommandContext, type CommandInput, defineCommand, flag, type Style, text } from '../command.ts';
import { amount, money } from '../money.ts';
import { wholeOption } from '../read-option.ts';
import { renderEvent } from '../render-event.ts';
import { createStyle } from '../style.ts';

/** Parts that `request show` lists for people. */
const mostRows = 100;

export const requestCreate = defineCommand({
  name: 'request create',
  summary: 'send a request to an operation',
  details: 'The body is JSON: --body FILE, --body - for standard input, or --data TEXT.',
  args: [{ form: '<operation>', help: 'name of the operation (= pipeline)' }],
  options: [
    { form: '--body <file>', help: 'file with the request body' },
    { form: '--data <json>', help: 'the request body itself' },
    { form: '--callback <url>', help: 'told at the end by a signed webhook' },
    { form: '--idempotency-key <key>', help: 'the same key again gives the same request' },
    { form: '--tenant <name>', help: 'who shares the gate fairly with others' },
    { form: '--priority <n>', help: '0 (first) to 9' },
    { form: '--not-before <time>', help: 'wait until then: 2026-12-24T22:00:00Z' },
    { form: '--deadline <time>', help: 'fail what was not submitted by then' },
    { form: '--coalesce', help: 'share an equal request of yours that is in flight' },
    { form: '--wait', help: 'show what happens until it has ended' },
    { form: '--id', help: 'print the id alone, for a script' },
  ],
  async run(input, context): Promise<(RequestAccepted & { idOnly?: boolean }) | RequestView> {
    const client = context.client();
    const callback = text(input, 'callback');
    const key = text(input, 'idempotencyKey');
    const accepted = await client.createRequest(
      {
        operation: input.args[0] as string,
        body: await readBody(input, context),
        ...(callback === undefined ? {} : { callback }),
        ...wishesOf(input),
      },
      key === undefined ? {} : { idempotencyKey: key },
    );
    if (!flag(input, 'wait')) return flag(input, 'id') ? { ...accepted, idOnly: true } : accepted;
    await follow(accepted.id, context);
    return shown(accepted.id, context);
  },
  render: (value, style) =>
    isView(value)
      ? renderRequest(value, style)
      : value.idOnly === true
        ? [value.id]
        : [`${style.good('accepted')} ${value.id}`, style.dim(`follow it: slowlane request wait ${value.id}`)],
});

export const requestLs = defineCommand({
  name: 'request ls',
  summary: 'list requests, newest first',
  options: [
    { form: '--operation <name>', help: 'of one operation' },
    { form: '--state <state>', help: 'in one state' },
    { form: '--principal <name>', help: 'sent by this caller' },
    { form: '--tenant <name>', help: 'for this tenant' },
    { form: '--since <time>', help: 'accepted from then on' },
    { form: '--until <time>', help: 'accepted before then' },
    { form: '--before <id>', help: 'the page after this request' },
    { form: '--limit <n>', help: 'at most so many', default: '20' },
  ],
  run(input, context) {
    const operation = text(input, 'operation');
    const principal = text(input, 'principal');
    const tenant = text(input, 'tenant');
    const before = text(input, 'before');
    return context.client().listRequests({
      ...(operation === undefined ? {} : { operation }),
      ...(principal === undefined ? {} : { principal }),
      ...(tenant === undefined ? {} : { tenant }),
      ...(before === undefined ? {} : { before }),
      ...filterOf(input),
      limit: wholeOption(input, 'limit') ?? 20,
    });
  },
  render({ requests }, style) {
    const isPriced = requests.some(({ costMicros }) => costMicros !== undefined);
    return style.table(
      requests.map((request) => [
        request.id,
        request.operation,
        stateText(request.state, style),
        new Date(request.acceptedAt).toISOString(),
        took(request),
        ...(isPriced ? [request.costMicros === undefined ? '' : money(request.costMicros)] : []),
      ]),
      ['request', 'operation', 'state', 'accepted', 'took', ...(isPriced ? ['cost'] : [])],
    );
  },
});

export const requestShow = defineCommand({
  name: 'request show',
  summary: 'one request and its parts',
  details: `With --json all its parts; for people the first ${mostRows}, and how many there are in each state.`,
  args: [{ form: '<id>', help: 'id of the request' }],
  run: (input, context) => shown(input.args[0] as string, context),
  render: renderRequest,
});

export const requestWait = defineCommand({
  name: 'request wait',
  summary: 'show what happens until the request has ended',
  args: [{ form: '<id>', help: 'id of the request' }],
  async run(input, context) {
    await follow(input.args[0] as string, context);
    const request = await shown(input.args[0] as string, context);
    if (request.failure !== undefined) throw SlowLaneError.from(request.failure as never);
    return request;
  },
  render: renderRequest,
});

export const requestRetry = defineCommand({
  name: 'request retry',
  summary: 'run again what did not succeed of a request; what succeeded is kept',
  args: [{ form: '<id>', help: 'id of the request' }],
  run: (input, context) => context.client().retryRequest(input.args[0] as string),
  render: ({ id, parts }, style) => [`${style.good('again')} ${id}: ${parts.length} parts`],
});

const bulkOptions = [
  { form: '--since <time>', help: 'accepted from then on: 2026-11-24T08:00:00Z' },
  { form: '--until <time>', help: 'accepted before then' },
  { form: '--state <state>', help: 'only those in this state' },
  { form: '--principal <name>', help: 'sent by this caller' },
  { form: '--tenant <name>', help: 'for this tenant' },
  { form: '--limit <n>', help: 'at most so many, the newest', default: '100' },
  { form: '--dry-run', help: 'only say which ones' },
];

export const requestRetryAll = defineCommand({
  name: 'request retry-all',
  summary: 'after a fix: run again what failed of all requests of an operation that match',
  args: [{ form: '<operation>', help: 'name of the operation' }],
  options: bulkOptions,
  run: (input, context) => context.client().retryRequests(bulkOf(input)),
  render: (outcome, style) => renderBulk(outcome, 'retried', style),
});

export const requestCancelAll = defineCommand({
  name: 'request cancel-all',
  summary: 'cancel all requests of an operation that match and have not ended',
  args: [{ form: '<operation>', help: 'name of the operation' }],
  options: bulkOptions,
  run: (input, context) => context.client().cancelRequests(bulkOf(input)),
  render: (outcome, style) => renderBulk(outcome, 'cancelled', style),
});

export const requestCancel = defineCommand({
  name: 'request cancel',
  summary: 'cancel a request: parked parts at once, running ones as soon as the workspace has ended them',
  args: [{ form: '<id>', help: 'id of the request' }],
  run: (input, context) => context.client().cancelRequest(input.args[0] as string),
  render: (request, style) => [`${request.id} ${stateText(request.state, style)}`],
});

function bulkOf(input: CommandInput): BulkFilter {
  const principal = text(input, 'principal');
  const tenant = text(input, 'tenant');
  return {
    operation: input.args[0] as string,
    ...(principal === undefined ? {} : { principal }),
    ...(tenant === undefined ? {} : { tenant }),
    ...filterOf(input),
    limit: wholeOption(input, 'limit') ?? 100,
    dryRun: flag(input, 'dryRun'),
  };
}

function renderBulk({ done, refused, dryRun, more }: BulkOutcome, verb: string, style: Style): string[] {
  return [
    ...done.map((id) => `${dryRun ? style.dim(`would be ${verb}`) : style.good(verb)} ${id}`),
    ...refused.map(({ id, code, message }) => `${style.bad('refused')} ${id}: ${message} (${code})`),
    ...(done.length + refused.length === 0 ? ['nothing matches'] : []),
    ...(more ? [style.warn('more match than --limit: run it again')] : []),
  ];
}

function filterOf(input: CommandInput): { state?: RequestState; since?: number; until?: number } {
  const state = text(input, 'state');
  const [since, until] = [momentOf(input, 'since'), momentOf(input, 'until')];
  return {
    ...(state === undefined ? {} : { state: state as RequestState }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function wishesOf(input: CommandInput): Partial<CreateRequest> {
  const [tenant, priority] = [text(input, 'tenant'), wholeOption(input, 'priority')];
  const [notBefore, deadline] = [momentOf(input, 'notBefore'), momentOf(input, 'deadline')];
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(priority === undefined ? {} : { priority }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(flag(input, 'coalesce') ? { coalesce: true } : {}),
  };
}

/** Epoch ms of an ISO time, which may name its zone. */
function momentOf(input: CommandInput, name: string): number | undefined {
  const given = text(input, name);
  if (given === undefined) return undefined;
  const ms = Date.parse(given);
  if (Number.isFinite(ms)) return ms;
  throw new SlowLaneError('cli.usage', `"${given}" is not a time`, { hint: 'Like 2026-12-24T22:00:00Z' });
}

function isView(value: RequestAccepted | RequestView): value is RequestView {
  return 'parts' in value;
}

async function readBody(input: CommandInput, { local }: CommandContext) {
  const data =
    text(input, 'data') ??
    (text(input, 'body') === undefined ? '{}' : await local.readText(text(input, 'body') as string));
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new SlowLaneError('cli.usage', `the request body is not JSON: ${(cause as Error).message}`, {
      cause,
      hint: 'Give it with --body FILE or --data \'{"month": 3}\'',
    });
  }
}

/** A program gets all parts, people those that are listed. */
function shown(id: string, context: CommandContext): Promise<RequestView> {
  const client = context.client();
  return context.json ? client.getWholeRequest(id) : client.getRequest(id, { limit: mostRows });
}

async function follow(id: string, context: CommandContext): Promise<void> {
  const style = createStyle(!context.json && process.stdout.isTTY === true);
  for await (const event of context.client().followEvents(id, { signal: context.signal }))
    context.write(`${renderEvent(event, style)}\n`);
}

function renderRequest(request: RequestView, style: Style): string[] {
  const failure =
    request.failure === undefined
      ? []
      : [
          `${style.bad('failure')}    ${request.failure.message} (${request.failure.code})`,
          style.dim(`           ${request.failure.hint}`),
        ];
  return [
    `${style.bold(request.id)}  ${stateText(request.state, style)}  ${took(request)}`,
    `operation  ${request.operation} (revision ${request.revision}) on ${request.workspace}`,
    `artifact   ${request.artifact}`,
    `body       ${JSON.stringify(request.body)}`,
    ...(request.tenant === undefined ? [] : [`tenant     ${request.tenant}`]),
    ...costLines(request),
    ...failure,
    ...style.table(
      request.parts.map((part) => [
        part.key,
        stateText(part.state, style),
        String(part.attempt),
        part.runId ?? '',
        whyWaiting(part),
      ]),
      ['part', 'state', 'attempt', 'run', 'waits for'],
    ),
    ...moreLines(request),
    ...(request.parts.some(({ wait }) => wait !== undefined)
      ? [style.dim(`why, behind whom and until when: slowlane gate explain ${request.id}`)]
      : []),
  ];
}

/** Of a large split the states are counted instead. */
function moreLines({ next, parts, partStates = {} }: RequestView): string[] {
  if (next === undefined) return [];
  const counts = Object.entries(partStates);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const states = counts.map(([state, count]) => `${count} ${state}`).join(', ');
  return [`… ${total - parts.length} more, with --json; of all ${total}: ${states}`];
}

function costLines({ costMicros, estimateMicros }: RequestView): string[] {
  if (costMicros === undefined && estimateMicros === undefined) return [];
  return [`cost       ${money(costMicros ?? 0)} so far, estimated ${money(estimateMicros ?? 0)}`];
}

function whyWaiting({ waiting, state }: RequestView['parts'][number]): string {
  if (waiting === undefined) return '';
  if (isHeldBack(state, waiting.dimension)) return `${waiting.dimension}: ${waiting.reason ?? ''}`;
  return state === 'parked'
    ? `${waiting.dimension}: ${amount(waiting.dimension, waiting.inUse)} of ${amount(waiting.dimension, waiting.limit)} in use`
    : '';
}

function took(request: Pick<RequestView, 'acceptedAt' | 'endedAt' | 'state'>): string {
  return isRequestTerminal(request.state) && request.endedAt !== undefined
    ? formatDuration(request.endedAt - request.acceptedAt)
    : '';
}

function stateText(state: string, style: Style): string {
  if (['succeeded', 'registered', 'built', 'nothing-to-do'].includes(state)) return style.good(state);
  return ['failed', 'timed-out', 'cancelled'].includes(state) ? style.bad(state) : style.warn(state);
}
