import { existsSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { Paths, SlowLaneYaml } from '@slowlane/config';
import {
  type Digest,
  type EventFeed,
  type Health,
  type Logger,
  type PartRecord,
  type ResultLinks,
  SlowLaneError,
} from '@slowlane/contracts';
import { buildEndpoint } from '@slowlane/endpoint';
import { validateBody } from '@slowlane/mediator';
import { checkCallback, deriveWebhookSecret } from '@slowlane/notify';
import { loadPipelineFile } from '@slowlane/pipeline';
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
  lanes: Pick<Lanes, 'schedules' | 'deliveries'>;
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
  const app = await buildEndpoint({
    requests: queue.requests,
    gate: queue.gate,
    builds: queue.builds,
    pipelines: ledger.pipelines,
    registrations: ledger.registrations,
    tokens: ledger.tokens,
    history: ledger.history,
    results: setting.resultLinks,
    feed: setting.feed,
    blobs: stores.blobs,
    events: queue.events,
    schedules: setting.lanes.schedules,
    deliveries: setting.lanes.deliveries,
    plugins: () => builder.plugins.manifests(),
    runLog: (part) => readRunLog(part, stores),
    applyPipeline: (name, text, by) => builder.apply(name, text, by, 'applied'),
    parsePipeline: async (text) => loadPipelineFile(text, { fileName: 'pipeline.yaml' }),
    callbackAllowed: (url) => checkCallback(url, config.policy.callbacks),
    validateBody,
    webhookSecret: (audience) => deriveWebhookSecret(setting.webhookKey, audience),
    health: () => healthOf(stores, setting.version),
    version: setting.version,
    publicUrl: setting.publicUrl,
    limits: { bodyBytes: 1_048_576, sourceBytes: 536_870_912 },
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
      await app.close();
      await remote.close();
    },
  };
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

async function healthOf({ queue, ledger }: Stores, version: string): Promise<Health> {
  const [redis, archive] = await Promise.all([passes(() => queue.ping()), passes(() => ledger.history.cursor())]);
  return {
    status: redis === 'ok' && archive === 'ok' ? 'ok' : 'degraded',
    version,
    checks: { redis, ledger: archive },
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
