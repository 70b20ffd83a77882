import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SlowLaneError } from '@slowlane/contracts';
import { noLog, taskRunOf } from '../clusters/spark-history-page.ts';
import { openEventLog } from '../clusters/spark-history.ts';
import { ApiError } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import { GetRun } from '../jobs/schema.ts';
import { runFolders } from '../runs/run-folders.ts';
import type { RunStore } from '../store/run-store.ts';
import type { Door } from './door.ts';
import type { HistoryServers } from './history-server.ts';
import { pageHeaders, withStorage } from './page-headers.ts';
import { Applications, ViewParams } from './schema.ts';
import { createTickets, type Tickets } from './tickets.ts';

export interface SparkUiOptions {
  runs: RunStore;
  stateDir: string;
  servers: HistoryServers;
  /** Looked at again with every page: rights can be taken away. */
  mayView: (viewer: Principal, runId: number) => boolean;
  now: () => number;
}

/** Below it a ticket, then the path of Spark's own server. It must not contain `history` or `proxy`, which Spark's scripts look for in addresses. */
const base = '/slowlane/spark-ui-view';

/** Spark's own web UI of a run, made from its event log while the run goes on and after it. Pages of it are for reading only. */
export function registerSparkUi(app: FastifyInstance, options: SparkUiOptions): void {
  const tickets = createTickets(options.now);
  app.get('/slowlane/spark-ui/:run_id/live', async (request, reply) => open(options, tickets, request, reply));
  const isOpen = { config: { open: true, hidesPath: true } };
  app.get(`${base}/:ticket/*`, isOpen, async (request, reply) => show(options, tickets, request, reply));
  // Asked by the browser before a script of a page without an origin sends its `X-Requested-With`.
  app.options(`${base}/:ticket/*`, isOpen, async (_request, reply) =>
    reply
      .status(204)
      .headers({ ...pageHeaders, 'access-control-allow-headers': 'x-requested-with' })
      .send(),
  );
}

async function open(
  options: SparkUiOptions,
  tickets: Tickets,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const taskRunId = taskRunOf(options.runs, parseInput(GetRun, request.params).run_id);
  const log = await openEventLog(runFolders(options.stateDir, taskRunId).events);
  if (log === undefined) throw noLog(taskRunId);
  await log.handle.close();
  const door = await reach(options, taskRunId);
  const ticket = tickets.issue({ taskRunId, viewer: principalOf(request) });
  const application = await onlyApplication(door);
  const place = application === undefined ? '' : `history/${encodeURIComponent(application)}/jobs/`;
  return reply.header('referrer-policy', 'no-referrer').redirect(`${base}/${ticket}/${place}`, 302);
}

async function reach({ servers }: SparkUiOptions, taskRunId: number): Promise<Door> {
  try {
    return await servers.reach(taskRunId);
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    throw new ApiError(
      503,
      'TEMPORARILY_UNAVAILABLE',
      `The Spark UI of run ${taskRunId} is not there: ${error.message}`,
    );
  }
}

/** The list is Spark's own page where a program had several sessions, or none that Spark has found yet. */
async function onlyApplication(door: Door): Promise<string | undefined> {
  const { body } = await door.get('/api/v1/applications?limit=2', {});
  const listed = Applications.safeParse(JSON.parse(await textOf(body, 1_000_000)));
  return listed.data?.length === 1 ? listed.data[0]?.id : undefined;
}

async function show(
  options: SparkUiOptions,
  tickets: Tickets,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ticket: name } = parseInput(ViewParams, request.params);
  const ticket = tickets.find(name);
  if (ticket === undefined || !options.mayView(ticket.viewer, ticket.taskRunId))
    throw new ApiError(
      403,
      'PERMISSION_DENIED',
      'This address is no longer valid: open the Spark UI from the run page.',
    );
  const context = `${base}/${name}`;
  // An address that spells the ticket in another way would be cut in the wrong place.
  if (!request.url.startsWith(`${context}/`)) throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', 'No such page.');
  const target = request.url.slice(context.length);
  // Only a visit takes the place of another run's: pages that are open would do so in turn, for ever.
  if ((options.servers.current() ?? ticket.taskRunId) !== ticket.taskRunId)
    throw new ApiError(
      409,
      'RESOURCE_CONFLICT',
      'The Spark UI of another run is shown now: open this one from its run page.',
    );
  const door = await reach(options, ticket.taskRunId);
  const answer = await door
    .get(target, { host: 'spark-ui', 'x-forwarded-context': context })
    .catch((error: unknown) => {
      throw new ApiError(503, 'TEMPORARILY_UNAVAILABLE', `The Spark UI did not answer: ${(error as Error).message}`);
    });
  reply.status(answer.status).headers(pageHeaders);
  for (const header of ['content-type', 'content-disposition'] as const) {
    const value = answer.headers[header];
    if (value !== undefined) reply.header(header, value);
  }
  const location = answer.headers.location;
  if (location !== undefined) reply.header('location', below(context, location));
  if (!/^text\/html\b/.test(answer.headers['content-type'] ?? '')) return reply.send(answer.body);
  return reply.send(withStorage(await textOf(answer.body, 64 * 1_024 ** 2)));
}

/** Spark names itself in redirects; whatever stands there, only its path counts, and it stays below the ticket. */
function below(context: string, location: string): string {
  const { pathname, search } = new URL(location, 'http://spark-ui');
  return pathname.startsWith(`${context}/`) ? pathname + search : context + pathname + search;
}

async function textOf(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if ((bytes += chunk.length) > maxBytes)
      throw new ApiError(503, 'TEMPORARILY_UNAVAILABLE', 'The page is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
