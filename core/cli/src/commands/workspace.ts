import { SlowLaneError } from '@slowlane/contracts';
import { type CommandInput, defineCommand, list, text } from '../command.ts';

const clusterKinds = ['never-starts', 'start-fails', 'dies', 'stuck-terminating'];

/** What a fault has beside its kind, route and count. */
type Fault = { kind: string; count: number; route?: string; clusterId?: string };

export const faultAdd = defineCommand({
  name: 'workspace fault add',
  summary: 'spoil the next calls of a route of the local workspace, or its next clusters, on purpose',
  details:
    'Kinds for a route: status, delay, reply-lost (the work is done), cut (it is not), wrong-length, token-expired. Kinds for clusters: never-starts, start-fails, dies, stuck-terminating.',
  args: [{ form: '<kind>', help: 'what goes wrong' }],
  options: [
    {
      form: '--route <route>',
      help: '"METHOD /path", * for any method and globs in the path: "POST /api/*/jobs/run-now"',
    },
    { form: '--cluster <id>', help: 'only this cluster' },
    { form: '--count <n>', help: 'how many times', default: '1' },
    { form: '--status <code>', help: 'for status: 400 to 599' },
    { form: '--error-code <code>', help: 'for status: the error code in the answer' },
    { form: '--retry-after <seconds>', help: 'for status: the Retry-After header' },
    { form: '--delay <ms>', help: 'for delay' },
  ],
  async run(input, { local }) {
    const kind = input.args[0] as string;
    const count = whole(input, 'count') ?? 1;
    if (clusterKinds.includes(kind)) {
      const cluster = text(input, 'cluster');
      await local.workspaceCall('POST', '/slowlane/cluster-faults', {
        kind,
        count,
        ...(cluster === undefined ? {} : { cluster_id: cluster }),
      });
      return { added: kind, count };
    }
    const route = text(input, 'route');
    if (route === undefined) throw new SlowLaneError('cli.usage', `a fault "${kind}" needs --route "METHOD /path"`);
    await local.workspaceCall('POST', '/slowlane/faults', { kind, count, route, ...details(input) });
    return { added: kind, count };
  },
  render: ({ added, count }) => [`added: ${added}, ${count} times`],
});

export const faultLs = defineCommand({
  name: 'workspace fault ls',
  summary: 'faults that wait for their calls or clusters',
  async run(_input, { local }) {
    const calls = (await local.workspaceCall('GET', '/slowlane/faults')) as { faults: Fault[] };
    const clusters = (await local.workspaceCall('GET', '/slowlane/cluster-faults')) as { faults: Fault[] };
    return { faults: [...calls.faults, ...clusters.faults] };
  },
  render: ({ faults }, style) =>
    style.table(
      faults.map(({ kind, count, route, clusterId }) => [kind, String(count), route ?? clusterId ?? 'any cluster']),
      ['kind', 'times', 'where'],
    ),
});

export const faultClear = defineCommand({
  name: 'workspace fault clear',
  summary: 'take back all faults',
  async run(_input, { local }) {
    await local.workspaceCall('DELETE', '/slowlane/faults');
    await local.workspaceCall('DELETE', '/slowlane/cluster-faults');
    return { cleared: true };
  },
  render: () => ['no faults'],
});

export const routes = defineCommand({
  name: 'workspace routes',
  summary: 'the calls that the local workspace has; all others answer 501 NOT_IMPLEMENTED',
  run: async (_input, { local }) =>
    (await local.workspaceCall('GET', '/slowlane/routes')) as { routes: { method: string; path: string }[] },
  render: ({ routes: rows }, style) =>
    style.table(
      rows.map(({ method, path }) => [method, path]),
      ['method', 'path'],
    ),
});

export const conformance = defineCommand({
  name: 'workspace conformance',
  summary: 'hold a workspace against what the official clients and documents say of it',
  details:
    'Makes and removes jobs, runs, clusters, files and secrets whose names hold "conformance". Without --host: the local workspace. The official SDKs come from the registries that pip and Maven use.',
  options: [
    { form: '--host <url>', help: 'address of another workspace' },
    { form: '--token-env <name>', help: 'variable that holds its token', default: 'DATABRICKS_TOKEN' },
    { form: '--client <name>', help: 'raw, ours, python or java; may be given again; default all', many: true },
    { form: '--case <glob>', help: 'only cases with such an id', default: '**' },
    { form: '--volume <path>', help: 'folder of a volume that may be written to' },
    { form: '--spark-version <key>', help: 'runtime of its clusters' },
    { form: '--node-type <id>', help: 'node type of its clusters' },
  ],
  async run(input, { local, say }) {
    const report = await local.workspaceConformance(
      {
        host: text(input, 'host'),
        tokenEnv: text(input, 'tokenEnv') ?? 'DATABRICKS_TOKEN',
        clients: list(input, 'client'),
        glob: text(input, 'case') ?? '**',
        volume: text(input, 'volume'),
        sparkVersion: text(input, 'sparkVersion'),
        nodeType: text(input, 'nodeType'),
      },
      say,
    );
    return { ...report, exitCode: report.failed === 0 ? 0 : 1 };
  },
  render: ({ rows, passed, failed, skipped }, style) => [
    ...style.table(
      rows.filter(({ verdict }) => verdict === 'fail').map(({ client, id, detail }) => [client, id, detail]),
      ['client', 'case', 'what is different'],
    ),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ],
});

function details(input: CommandInput): object {
  const errorCode = text(input, 'errorCode');
  const numbers = {
    status: whole(input, 'status'),
    retryAfterSeconds: whole(input, 'retryAfter'),
    delayMs: whole(input, 'delay'),
  };
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(errorCode === undefined ? {} : { errorCode }) };
}

function whole(input: CommandInput, name: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new SlowLaneError('cli.usage', `--${name} must be a whole number, but is "${value}"`);
  return Number(value);
}
