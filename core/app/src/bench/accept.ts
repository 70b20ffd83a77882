import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buildEndpoint, type EndpointDeps } from '@slowlane/endpoint';
import { bareEndpoint } from '@slowlane/endpoint/bench';
import { run } from '@slowlane/process';
import { openRawAdd } from '@slowlane/queue/bench';
import { SlowLaneError } from '@slowlane/contracts';
import type { Installation } from '../processes/installation.ts';
import { type Figure, median } from './figures.ts';
import { type LaneRig, openLaneRig } from './lane-rig.ts';

const ROUNDS = 5;
const CONNECTIONS = 10;
/** Of either side. A service runs for weeks; in its first seconds the compiler works beside it, more for more code. */
const WARM_SECONDS = 12;
const body = JSON.stringify({ operation: 'bench', body: { month: 3, origins: ['EWR', 'JFK'], note: 'x'.repeat(200) } });

/**
 * POST /v1/requests (token, schema, idempotent accept with its event, in the AOF before the answer) against bare Fastify with zod and `queue.add`
 * on the same Redis. The load comes from a process of its own; nothing works on what is accepted.
 */
export async function benchAccept(installation: Installation, say: (line: string) => void): Promise<Figure[]> {
  const rig = await openLaneRig(installation);
  const raw = openRawAdd(rig.redis.url);
  const bare = await listening(await bareEndpoint((data) => raw.add(data)));
  const ours = await listening(await buildEndpoint(acceptDeps(rig)));
  const { secret } = await rig.ledger.tokens.create({ name: 'bench', scopes: ['request:*'], expiresAt: undefined });
  try {
    const [mine, theirs]: [Taken[], Taken[]] = [[], []];
    const load = (url: string, more: string[]) => fire(url, secret, more);
    for (const { url } of [ours, bare]) await load(url, ['--duration', String(WARM_SECONDS)]);
    // Before the rounds: after them Redis writes a file of half a million requests anew, and the disk is what is measured.
    const steady = await load(ours.url, ['--duration', '10', '--overallRate', '200']);
    const steadyRaw = await load(bare.url, ['--duration', '10', '--overallRate', '200']);
    for (let round = 0; round < ROUNDS; round++) {
      mine.push(await taken(() => load(ours.url, ['--duration', '4'])));
      theirs.push(await taken(() => load(bare.url, ['--duration', '4'])));
      say(`round ${round + 1}: ${mine.at(-1)?.perSecond}/s, raw ${theirs.at(-1)?.perSecond}/s`);
    }
    return [
      rateFigure(mine, theirs),
      cpuFigure(mine, theirs),
      latencyFigure(steady.latency.p99, steadyRaw.latency.p99),
    ];
  } finally {
    await ours.close();
    await bare.close();
    await raw.close();
    await rig.close();
  }
}

interface Load {
  requests: { average: number; total: number };
  latency: { p99: number };
  non2xx: number;
  errors: number;
}

async function fire(url: string, secret: string, more: readonly string[]): Promise<Load> {
  const program = createRequire(import.meta.url).resolve('autocannon');
  const headers = [`authorization=Bearer ${secret}`, 'content-type=application/json'].flatMap((one) => [
    '--headers',
    one,
  ]);
  const { stdout, ok, stderr } = await run(
    [
      ...[process.execPath, program, '--json', '--no-progress', '--connections', String(CONNECTIONS), ...more],
      ...['--method', 'POST', ...headers, '--body', body, `${url}/v1/requests`],
    ],
    { timeoutMs: 60_000 },
  );
  if (!ok) throw new SlowLaneError('platform.unexpected', `the load generator ended: ${stderr.slice(-500)}`);
  const load = JSON.parse(stdout) as Load;
  if (load.non2xx + load.errors > 0)
    throw new SlowLaneError('platform.unexpected', `${load.non2xx + load.errors} of the calls were not accepted`);
  return load;
}

/** What accepting stands on; nothing else of the endpoint is called. */
function acceptDeps({ queue, ledger, logger }: LaneRig): EndpointDeps {
  const deps: Partial<EndpointDeps> = {
    requests: queue.requests,
    gate: queue.gate,
    pipelines: ledger.pipelines,
    registrations: ledger.registrations,
    tokens: ledger.tokens,
    history: ledger.history,
    version: 'bench',
    publicUrl: 'http://127.0.0.1',
    limits: { bodyBytes: 1_048_576, sourceBytes: 1 },
    callbackAllowed: () => undefined,
    logger,
  };
  return deps as EndpointDeps;
}

async function listening(
  app: Awaited<ReturnType<typeof buildEndpoint>>,
): Promise<{ url: string; close(): Promise<void> }> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => app.close() };
}

interface Taken {
  perSecond: number;
  /** Processor time of the server per accept, ms. */
  cpuMs: number;
}

async function taken(load: () => Promise<Load>): Promise<Taken> {
  const before = process.cpuUsage();
  const { requests } = await load();
  const { user, system } = process.cpuUsage(before);
  return { perSecond: requests.average, cpuMs: (user + system) / 1_000 / requests.total };
}

function rateFigure(mine: readonly Taken[], theirs: readonly Taken[]): Figure {
  const [ours, raw] = [mine, theirs].map((all) => median(all.map(({ perSecond }) => perSecond))) as [number, number];
  return {
    name: 'accepts per second (raw: Fastify, zod and queue.add)',
    ours: `${ours.toFixed(0)}/s`,
    raw: `${raw.toFixed(0)}/s`,
    ratio: (ours / raw).toFixed(2),
    target: '>= 0.8 x',
    met: ours / raw >= 0.8,
  };
}

function cpuFigure(mine: readonly Taken[], theirs: readonly Taken[]): Figure {
  const [ours, raw] = [mine, theirs].map((all) => median(all.map(({ cpuMs }) => cpuMs))) as [number, number];
  return {
    name: 'processor time per accept',
    ours: `${ours.toFixed(3)} ms`,
    raw: `${raw.toFixed(3)} ms`,
    ratio: (ours / raw).toFixed(2),
    target: '-',
    met: true,
  };
}

function latencyFigure(ours: number, raw: number): Figure {
  return {
    name: 'accept at 200/s, p99',
    ours: `${ours} ms`,
    raw: `${raw} ms`,
    ratio: (ours / Math.max(raw, 1)).toFixed(2),
    target: '<= 50 ms',
    met: ours <= 50,
  };
}
