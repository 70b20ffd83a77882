import { defineCommand, list, text } from '../command.ts';

interface Route {
  method: string;
  path: string;
  area: string;
  status: 'done' | '501';
}

export const routes = defineCommand({
  name: 'workspace routes',
  summary: 'the calls of the Databricks API: which ones the local workspace has, and which answer 501 NOT_IMPLEMENTED',
  run: async (_input, { local }) => (await local.workspaceCall('GET', '/slowlane/routes')) as { routes: Route[] },
  render: ({ routes: rows }, style) =>
    style.table(
      rows.map(({ status, method, path, area }) => [status, method, path, area]),
      ['', 'method', 'path', 'about'],
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
    {
      form: '--principal-env <name>',
      help: 'variable that holds <client id>:<secret> of a service principal there, for the cases about OAuth',
    },
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
        principalEnv: text(input, 'principalEnv'),
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
