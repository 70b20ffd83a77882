import { SlowLaneError } from '@slowlane/contracts';
import { type CommandContext, type CommandInput, defineCommand, text } from '../command.ts';
import { wholeOption } from '../read-option.ts';

const routeKinds = ['status', 'delay', 'reply-lost', 'cut', 'wrong-length', 'token-expired'];
const clusterKinds = ['never-starts', 'start-fails', 'dies', 'stuck-terminating'];
const runKinds = ['stuck-terminating', 'late-cancel'];

/** What a fault has beside its kind; those of runs last until they are cleared and so have no count. */
interface Fault {
  kind: string;
  count?: number;
  route?: string;
  clusterId?: string;
  run_id?: number;
  delay_ms?: number;
}

export const add = defineCommand({
  name: 'workspace fault add',
  summary: 'spoil the next calls, clusters or runs of the local workspace on purpose',
  details: [
    'Of a route (--route): status (answers with --status), delay (does the work after --delay ms), reply-lost (does it, the answer never comes),',
    'cut (the connection ends before the work), wrong-length (announces more bytes than come), token-expired (ends the OAuth token of the caller).',
    'Of clusters (any, or --cluster): never-starts, start-fails, dies, stuck-terminating.',
    'Of runs (--run ID or --run any), until "workspace fault clear": stuck-terminating (its cancel is not obeyed), late-cancel (obeyed after --delay ms, default 5000).',
    'Of somebody else: foreign-run (a run that is not ours appears on --cluster; an ordinary cancel ends it).',
    'Faults are kept in memory: a workspace that starts again has none.',
  ].join(' '),
  args: [{ form: '<kind>', help: 'what goes wrong' }],
  options: [
    {
      form: '--route <route>',
      help: '"METHOD /path", * for any method and globs in the path: "POST /api/*/jobs/run-now"',
    },
    { form: '--cluster <id>', help: 'only this cluster' },
    { form: '--run <id>', help: 'this run, or "any"' },
    { form: '--count <n>', help: 'how many times, for routes and clusters', default: '1' },
    { form: '--status <code>', help: 'for status: 400 to 599' },
    { form: '--error-code <code>', help: 'for status: the error code in the answer' },
    { form: '--message <text>', help: 'for status: the message in the answer' },
    {
      form: '--body <text>',
      help: 'for status: the whole answer in place of the usual shape, an HTML page for instance',
    },
    { form: '--content-type <type>', help: 'for status with --body: its type (default: text/html)' },
    { form: '--retry-after <seconds>', help: 'for status: the Retry-After header' },
    { form: '--delay <ms>', help: 'for delay and late-cancel' },
    { form: '--extra-bytes <n>', help: 'for wrong-length: how many too many are announced (default: 7)' },
  ],
  async run(input, { local }) {
    const kind = input.args[0] as string;
    const { path, body } = faultOf(kind, input);
    const answer = (await local.workspaceCall('POST', path, body)) as { run_id?: number };
    const count = 'count' in body ? { count: body['count'] as number } : {};
    return { added: kind, ...count, ...(answer.run_id === undefined ? {} : { runId: answer.run_id }) };
  },
  render: ({ added, count, runId }) => [
    `added: ${added}${count === undefined ? '' : `, ${count} times`}${runId === undefined ? '' : `, run ${runId}`}`,
  ],
});

export const ls = defineCommand({
  name: 'workspace fault ls',
  summary: 'faults that wait for their calls or clusters, and those of runs',
  run: async (_input, { local }) => ({ faults: await listAll(local) }),
  render: ({ faults }, style) =>
    style.table(
      faults.map((fault) => [
        fault.kind,
        fault.count === undefined ? 'until cleared' : String(fault.count),
        whereOf(fault),
      ]),
      ['kind', 'times', 'where'],
    ),
});

export const clear = defineCommand({
  name: 'workspace fault clear',
  summary: 'take back all faults',
  async run(_input, { local }) {
    for (const { path } of boards) await local.workspaceCall('DELETE', path);
    return { cleared: true };
  },
  render: () => ['no faults'],
});

const boards = [
  { path: '/slowlane/faults', what: 'any call' },
  { path: '/slowlane/cluster-faults', what: 'any cluster' },
  { path: '/slowlane/run-faults', what: 'any run' },
] as const;

async function listAll(local: CommandContext['local']): Promise<(Fault & { of: string })[]> {
  const lists = await Promise.all(
    boards.map(async ({ path, what }) => {
      const { faults } = (await local.workspaceCall('GET', path)) as { faults: Fault[] };
      return faults.map((fault) => ({ ...fault, of: what }));
    }),
  );
  return lists.flat();
}

function whereOf({ route, clusterId, run_id: runId, of }: Fault & { of: string }): string {
  return route ?? clusterId ?? (runId === undefined ? of : `run ${runId}`);
}

/** Which board of the control API it belongs to, and its body there. */
function faultOf(kind: string, input: CommandInput): { path: string; body: Record<string, unknown> } {
  const run = text(input, 'run');
  const cluster = given('cluster_id', text(input, 'cluster'));
  const count = wholeOption(input, 'count') ?? 1;
  if (kind === 'foreign-run') {
    if (cluster.cluster_id === undefined) throw usage('a foreign run needs --cluster ID');
    return { path: '/slowlane/foreign-runs', body: cluster };
  }
  if (kind === 'late-cancel' || (runKinds.includes(kind) && run !== undefined)) {
    const id = run === undefined || run === 'any' ? {} : { run_id: idOf(run) };
    return { path: '/slowlane/run-faults', body: { kind, ...id, ...given('delay_ms', wholeOption(input, 'delay')) } };
  }
  if (clusterKinds.includes(kind)) return { path: '/slowlane/cluster-faults', body: { kind, count, ...cluster } };
  if (!routeKinds.includes(kind))
    throw usage(
      `"${kind}" is no fault: ${[...new Set([...routeKinds, ...clusterKinds, ...runKinds]), 'foreign-run'].join(', ')}`,
    );
  const route = text(input, 'route');
  if (route === undefined) throw usage(`a fault "${kind}" needs --route "METHOD /path"`);
  return { path: '/slowlane/faults', body: { kind, count, route, ...details(input) } };
}

function details(input: CommandInput): object {
  return {
    ...given('status', wholeOption(input, 'status')),
    ...given('errorCode', text(input, 'errorCode')),
    ...given('message', text(input, 'message')),
    ...given('body', text(input, 'body')),
    ...given('contentType', text(input, 'contentType')),
    ...given('retryAfterSeconds', wholeOption(input, 'retryAfter')),
    ...given('delayMs', wholeOption(input, 'delay')),
    ...given('extraBytes', wholeOption(input, 'extraBytes')),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}

function idOf(run: string): number {
  if (!/^\d{1,15}$/.test(run)) throw usage(`--run must be the id of a run or "any", but is "${run}"`);
  return Number(run);
}

function usage(message: string): SlowLaneError {
  return new SlowLaneError('cli.usage', message);
}
