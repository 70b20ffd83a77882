import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Json, type JsonObject, type Logger, SlowLaneError } from '@slowlane/contracts';
import { createDatabricksClient, type DatabricksClient, type JobSettings, type Run } from '@slowlane/databricks';
import type { Answer, CallStep, Client } from '../case.ts';

/** How our client says one call: what it takes, what of the answer it carries, and the call itself with the answer in the API's words. */
interface OurCall {
  takes: readonly string[];
  needs?: readonly string[];
  shows: readonly string[];
  send(client: DatabricksClient, given: JsonObject): Promise<JsonObject>;
}

/** Our own client, spoken to in the words of the API; what it has no word for it cannot say. */
export function createOurClient(options: { host: string; token: string; logger: Logger }): Client {
  const { host, token, logger } = options;
  const client = createDatabricksClient({ host, auth: { token }, userAgent: 'slowlane-conformance', logger });
  return {
    name: 'ours',
    version: 'this commit',
    cannot: (step) => ('http' in step ? 'only the raw client sends exact bytes' : whyNot(step)),
    shows: (call, key) => calls[call]?.shows.includes(key) === true,
    async send(step) {
      const { call, with: given = {} } = step as CallStep;
      try {
        if (call === 'principal.me') return { body: await askAsPrincipal(options, given) };
        return { body: await (calls[call] as OurCall).send(client, given) };
      } catch (error) {
        if (error instanceof SlowLaneError) return toError(error);
        throw error;
      }
    },
    close: () => client.close(),
  };
}

function whyNot({ call, with: given = {} }: CallStep): string | undefined {
  const known = calls[call];
  if (known === undefined) return `our client has no call for ${call}: Slow Lane does not use it`;
  const other = Object.keys(given).find((key) => !known.takes.includes(key) && !known.takes.includes('*'));
  if (other !== undefined) return `our client's ${call} takes no ${other}`;
  const missing = known.needs?.find((key) => given[key] === undefined);
  return missing === undefined ? undefined : `our client sends no ${call} without ${missing}`;
}

function toError(error: SlowLaneError): Answer {
  const { status, errorCode } = (error.data ?? {}) as { status?: number; errorCode?: string };
  return {
    body: {},
    error: { status, code: errorCode, message: error.message, isMissing: error.code === 'workspace.not-found' },
  };
}

const id = (value: Json | undefined): string => String(value);
/** Ids are texts in our client and numbers in the API. */
const number = (value: string): number => Number(value);
const runKeys = ['run_id', 'state', 'status', 'run_name'];

const calls: Record<string, OurCall> = {
  'jobs.create': {
    takes: ['*'],
    shows: ['job_id'],
    send: async ({ jobs }, given) => ({ job_id: number((await jobs.create(given as JobSettings)).jobId) }),
  },
  'jobs.get': {
    takes: ['job_id'],
    shows: ['job_id', 'settings'],
    send: async ({ jobs }, { job_id: jobId }) => {
      const job = await jobs.get(id(jobId));
      return { job_id: number(job.jobId), settings: job.settings };
    },
  },
  'jobs.list': {
    takes: ['name'],
    shows: ['jobs'],
    send: async ({ jobs }, { name }) => ({
      jobs: (await jobs.list(name === undefined ? {} : { name: String(name) })).map(({ jobId, settings }) => ({
        ...{ job_id: number(jobId), settings },
      })),
    }),
  },
  'jobs.reset': {
    takes: ['job_id', 'new_settings'],
    shows: [],
    send: async ({ jobs }, given) => nothing(jobs.reset(id(given.job_id), given.new_settings as JobSettings)),
  },
  'jobs.delete': {
    takes: ['job_id'],
    shows: [],
    send: async ({ jobs }, given) => nothing(jobs.delete(id(given.job_id))),
  },
  'jobs.run_now': {
    takes: ['job_id', 'idempotency_token', 'job_parameters'],
    needs: ['idempotency_token'],
    shows: ['run_id'],
    send: async ({ jobs }, given) => {
      const { runId } = await jobs.runNow({
        jobId: id(given.job_id),
        idempotencyToken: String(given.idempotency_token),
        jobParameters: (given.job_parameters ?? {}) as Record<string, string>,
      });
      return { run_id: number(runId) };
    },
  },
  'jobs.submit': {
    takes: ['*'],
    needs: ['idempotency_token'],
    shows: ['run_id'],
    send: async ({ runs }, { idempotency_token: token, ...settings }) => ({
      run_id: number((await runs.submit({ idempotencyToken: String(token), settings })).runId),
    }),
  },
  'jobs.get_run': {
    takes: ['run_id'],
    shows: runKeys,
    send: async ({ runs }, given) => toWire(await runs.get(id(given.run_id))),
  },
  'jobs.list_runs': {
    takes: ['job_id', 'active_only', 'completed_only'],
    shows: ['runs'],
    send: async ({ runs }, given) => {
      const found: JsonObject[] = [];
      const query = {
        ...(given.job_id === undefined ? {} : { jobId: id(given.job_id) }),
        ...(given.active_only === true ? { activeOnly: true } : {}),
        ...(given.completed_only === true ? { completedOnly: true } : {}),
      };
      for await (const run of runs.list(query)) found.push(toWire(run));
      return { runs: found };
    },
  },
  'jobs.cancel_run': {
    takes: ['run_id'],
    shows: [],
    send: async ({ runs }, given) => nothing(runs.cancel(id(given.run_id))),
  },
  'jobs.cancel_all_runs': {
    takes: ['job_id'],
    shows: [],
    send: async ({ runs }, given) => nothing(runs.cancelAll(id(given.job_id))),
  },
  'jobs.get_run_output': {
    takes: ['run_id'],
    shows: ['logs', 'error', 'error_trace'],
    send: async ({ runs }, given) => {
      const { logs, error, errorTrace } = await runs.output(id(given.run_id));
      return known({ logs, error, error_trace: errorTrace });
    },
  },
  'clusters.create': {
    takes: ['*'],
    shows: ['cluster_id'],
    send: async ({ clusters }, given) => ({ cluster_id: (await clusters.create(given)).clusterId }),
  },
  'clusters.get': {
    takes: ['cluster_id'],
    shows: ['cluster_id', 'cluster_name', 'state', 'cluster_source'],
    send: async ({ clusters }, given) => {
      const cluster = await clusters.get(id(given.cluster_id));
      const { clusterId, name, state, source } = cluster;
      return known({ cluster_id: clusterId, cluster_name: name, state, cluster_source: source });
    },
  },
  'clusters.start': {
    takes: ['cluster_id'],
    shows: [],
    send: async ({ clusters }, given) => nothing(clusters.start(id(given.cluster_id))),
  },
  'clusters.delete': {
    takes: ['cluster_id'],
    shows: [],
    send: async ({ clusters }, given) => nothing(clusters.terminate(id(given.cluster_id))),
  },
  'clusters.permanent_delete': {
    takes: ['cluster_id'],
    shows: [],
    send: async ({ clusters }, given) => nothing(clusters.permanentDelete(id(given.cluster_id))),
  },
  'libraries.cluster_status': {
    takes: ['cluster_id'],
    shows: ['library_statuses'],
    send: async ({ clusters }, given) => ({
      library_statuses: (await clusters.libraryStatus(id(given.cluster_id))).map((status) => ({ ...status })),
    }),
  },
  'files.upload': {
    takes: ['file_path', 'contents', 'contents_times', 'contents_base64', 'overwrite'],
    shows: [],
    send: async ({ files }, given) => {
      const bytes =
        given.contents_base64 === undefined
          ? Buffer.from(String(given.contents).repeat(Number(given.contents_times ?? 1)))
          : Buffer.from(String(given.contents_base64), 'base64');
      const details = { size: bytes.length, overwrite: given.overwrite !== false };
      return nothing(files.upload(id(given.file_path), () => Readable.from([bytes]), details));
    },
  },
  'files.download': {
    takes: ['file_path'],
    shows: ['contents'],
    send: async ({ files }, given) => ({ contents: await text((await files.download(id(given.file_path))).stream) }),
  },
  'files.delete': {
    takes: ['file_path'],
    shows: [],
    send: async ({ files }, given) => nothing(files.delete(id(given.file_path))),
  },
  'files.get_metadata': {
    takes: ['file_path'],
    shows: ['content_length'],
    send: async ({ files }, given) => known({ content_length: (await files.head(id(given.file_path)))?.size }),
  },
  'files.create_directory': {
    takes: ['directory_path'],
    shows: [],
    send: async ({ files }, given) => nothing(files.mkdir(id(given.directory_path))),
  },
  'files.list_directory_contents': {
    takes: ['directory_path'],
    shows: ['contents'],
    send: async ({ files }, given) => ({
      contents: (await files.list(id(given.directory_path))).map(({ name, path, isFolder, size }) => ({
        ...{ name, path, is_directory: isFolder, file_size: size },
      })),
    }),
  },
  'workspace.mkdirs': {
    takes: ['path'],
    shows: [],
    send: async ({ workspace }, given) => nothing(workspace.mkdirs(id(given.path))),
  },
  'principal.me': {
    takes: ['client_id', 'client_secret'],
    shows: ['id', 'userName', 'active'],
    send: async () => ({}),
  },
  'current_user.me': {
    takes: [],
    shows: ['id', 'userName', 'active'],
    send: async (client) => {
      const { id: userId, userName, active } = await client.me();
      return { id: userId, userName, active };
    },
  },
};

async function askAsPrincipal(
  { host, logger }: { host: string; logger: Logger },
  { client_id: clientId, client_secret: clientSecret }: JsonObject,
): Promise<JsonObject> {
  const auth = { clientId: String(clientId), clientSecret: String(clientSecret) };
  const client = createDatabricksClient({ host, auth, userAgent: 'slowlane-conformance', logger });
  try {
    const { id: userId, userName, active } = await client.me();
    return { id: userId, userName, active };
  } finally {
    await client.close();
  }
}

async function nothing(call: Promise<void>): Promise<JsonObject> {
  await call;
  return {};
}

function toWire(run: Run): JsonObject {
  const { state, status } = run;
  return known({
    run_id: number(run.runId),
    run_name: run.runName,
    tasks: run.tasks.map(({ taskKey, runId }) => ({ task_key: taskKey, run_id: number(runId) })),
    state: known({
      life_cycle_state: state?.lifeCycleState,
      result_state: state?.resultState,
      state_message: state?.stateMessage,
    }),
    status: known({
      state: status?.state,
      termination_details: status?.termination === undefined ? undefined : known(status.termination),
      queue_details: status?.queueCode === undefined ? undefined : { code: status.queueCode },
    }),
  });
}

function known(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}
