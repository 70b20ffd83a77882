import { existsSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { Paths, SlowLaneYaml } from '@slowlane/config';
import {
  type Digest,
  type EventFeed,
  type Health,
  type Logger,
  type PartRecord,
  type Registration,
  type ResultLinks,
  SlowLaneError,
} from '@slowlane/contracts';
import { verifyBuild } from '@slowlane/artifacts';
import { buildEndpoint, closeGracefully, createOidc, type Load, startAdmission } from '@slowlane/endpoint';
import { type BreakerView, readProgress } from '@slowlane/keeper';
import { validateBody } from '@slowlane/mediator';
import { checkCallback, deriveWebhookSecret } from '@slowlane/notify';
import { jobExists, loadPipelineFile } from '@slowlane/pipeline';
import { createGitRemote } from '@slowlane/remote';
import type { Builder } from './builder.ts';
import type { Stores } from './open-stores.ts';
import type { Lanes } from './run-lanes.ts';
import type { Workspaces } from './workspaces.ts';

/** Opens the doors: REST, git remote and the dependency gateway for people. */
export async function serveEdge(setting: {
  paths: Paths;
  config: SlowLaneYaml;
  stores: Stores;
  workspaces: Workspaces;
  builder: Builder;
  lanes: Pick<Lanes, 'schedules' | 'deliveries' | 'breakers'>;
  feed: EventFeed;
  resultLinks: ResultLinks;
  webhookKey: Buffer;
  publicUrl: string;
  version: string;
  logger: Logger;
}): Promise<{ close(): Promise<void> }> {
  const { paths, config, stores, builder, logger } = setting;
  const { queue, ledger } = stores;
  await ensureAdminToken(paths, stores);
  const remote = await createGitRemote({
    repositoriesDir: paths.repositories,
    hookSocketPath: paths.hookSocket,
    nodePath: process.execPath,
    gitPath: '/usr/bin/git',
    tokens: ledger.tokens,
    builds: queue.builds,
    pipelines: ledger.pipelines,
    importPush: builder.importPush,
    logger,
    maxPushBytes: 1_073_741_824,
  });
  const admission = startAdmission(() => loadOf(stores), {
    redisMemory: config.endpoint.redis_memory,
    streamLength: config.endpoint.stream_events,
    waitingPerOperation: config.endpoint.waiting_parts,
    loopDelayMs: 1_000,
  });
  const draining = new AbortController();
  const app = await buildEndpoint({
    draining: draining.signal,
    requests: queue.requests,
    gate: queue.gate,
    builds: queue.builds,
    pipelines: ledger.pipelines,
    registrations: ledger.registrations,
    tokens: ledger.tokens,
    now: () => queue.now(),
    ...(config.oidc.length === 0 ? {} : { oidc: createOidc(config.oidc.map(providerOf)) }),
    history: ledger.history,
    results: setting.resultLinks,
    feed: setting.feed,
    blobs: stores.blobs,
    events: queue.events,
    schedules: setting.lanes.schedules,
    deliveries: setting.lanes.deliveries,
    tell: (event) => queue.events.append(event),
    jobExists: ({ workspace, jobId }) =>
      jobExists(setting.workspaces.client(workspace), jobId, { signal: AbortSignal.timeout(15_000) }),
    clusters: queue.clusters,
    promote: (buildId, target) => promoteBuild(setting, buildId, target),
    plugins: () => builder.plugins.manifests(),
    verifyBuild: (build) => verifyBuild({ ...build, publicKey: stores.signingKey.publicKey, blobs: stores.blobs }),
    runLog: (part) => readRunLog(part, stores),
    runProgress: (request, part) => readProgress(setting.workspaces.volumes(request.pin.workspace), request, part),
    applyPipeline: (name, text, by) => builder.apply(name, text, by, 'applied'),
    parsePipeline: async (text) => loadPipelineFile(text, { fileName: 'pipeline.yaml' }),
    callbackAllowed: (url) => checkCallback(url, config.policy.callbacks),
    validateBody,
    webhookSecret: (audience) => deriveWebhookSecret(setting.webhookKey, audience),
    admission,
    health: () =>
      healthOf(stores, { version: setting.version, breakers: setting.lanes.breakers(), short: admission.short() }),
    version: setting.version,
    publicUrl: setting.publicUrl,
    limits: {
      bodyBytes: 1_048_576,
      sourceBytes: 536_870_912,
      perCaller: { perMinute: config.endpoint.calls_per_minute, burst: config.endpoint.burst },
    },
    logger,
    extra(scope) {
      scope.register(remote.plugin);
      scope.all('/deps/*', async (request, reply) => {
        await authorise(request.headers.authorization, stores);
        reply.hijack();
        await builder.gateway.handle(request.raw, reply.raw, {
          registries: Object.keys(builder.gateway.upstreams()),
          mountPath: '/deps',
        });
      });
    },
  });
  await app.listen({ host: config.listen.host, port: config.listen.port });
  return {
    async close() {
      await closeGracefully(app, { draining, drainMs: config.endpoint.drain_seconds * 1_000, graceMs: closeMs });
      admission.close();
      await remote.close();
    },
  };
}

const promoteMs = 10 * 60_000;
/** Below what `slowlane down` waits before it kills. */
const closeMs = 8_000;

async function promoteBuild(
  { builder, stores: { queue, ledger } }: { builder: Builder; stores: Stores },
  buildId: string,
  target: string,
): Promise<Registration> {
  const record = (await queue.builds.get(buildId)) ?? (await ledger.history.build(buildId));
  if (record === undefined) throw new SlowLaneError('build.not-found', `there is no build ${buildId}`);
  return builder.promote(record, target, AbortSignal.timeout(promoteMs));
}

async function readRunLog(part: PartRecord, stores: Stores): Promise<string | undefined> {
  if (part.log === undefined) return undefined;
  const { stream } = await stores.blobs.open(part.log as Digest);
  return (await buffer(stream)).toString('utf8');
}

/** `/deps` takes the token as bearer or as the password of an index URL, as pip and others send it. */
async function authorise(header: string | undefined, stores: Stores): Promise<void> {
  const [scheme, value] = (header ?? '').split(' ');
  if (value === undefined)
    throw new SlowLaneError('auth.missing', 'the dependency gateway needs a token with the scope "deps"');
  const secret =
    scheme?.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
      : value;
  const token = await stores.ledger.tokens.verify(secret);
  if (token === undefined) throw new SlowLaneError('auth.invalid', 'the token is unknown, expired or revoked');
  if (!token.scopes.includes('deps') && !token.scopes.includes('admin'))
    throw new SlowLaneError('auth.scope', `token "${token.name}" lacks the scope "deps"`);
}

/** The first start makes an administrator's token, in a file that only the service user (and root) can read. */
async function ensureAdminToken(paths: Paths, { ledger }: Stores): Promise<void> {
  if (existsSync(paths.adminToken)) return;
  const { secret } = await ledger.tokens.create({ name: 'admin', scopes: ['admin'], expiresAt: undefined });
  writeFileSync(paths.adminToken, `${secret}\n`, { mode: 0o600 });
}

function providerOf({ issuer, audience, principal_claim, scopes_claim, roles }: SlowLaneYaml['oidc'][number]) {
  return { issuer, audience, principalClaim: principal_claim, scopesClaim: scopes_claim, roles };
}

async function loadOf({ queue }: Pick<Stores, 'queue'>): Promise<Load> {
  const [stats, gates] = await Promise.all([queue.stats(), queue.gate.list()]);
  const operations = gates.filter(({ dimension }) => dimension.startsWith('op:'));
  return {
    redis: { used: stats.usedMemory, most: stats.maxMemory },
    streamLength: stats.streamLength,
    waiting: Object.fromEntries(operations.map(({ dimension, waiting }) => [dimension.slice('op:'.length), waiting])),
  };
}

/** A workspace that does not answer is told, and takes nothing from the service: what waits for it is postponed. */
async function healthOf(
  { queue, ledger }: Stores,
  { version, breakers, short }: { version: string; breakers: BreakerView[]; short: string[] },
): Promise<Health> {
  const [redis, archive] = await Promise.all([passes(() => queue.ping()), passes(() => ledger.history.cursor())]);
  return {
    status: redis === 'ok' && archive === 'ok' && short.length === 0 ? 'ok' : 'degraded',
    version,
    checks: {
      redis,
      ledger: archive,
      admission: short.length === 0 ? 'ok' : 'failed',
      ...Object.fromEntries(
        breakers.map(({ workspace, state }) => [`workspace ${workspace}`, state === 'closed' ? 'ok' : 'failed']),
      ),
    },
  };
}

async function passes(check: () => Promise<unknown>): Promise<'ok' | 'failed'> {
  try {
    await check();
    return 'ok';
  } catch {
    return 'failed';
  }
}
