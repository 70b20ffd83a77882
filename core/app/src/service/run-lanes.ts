import type { SlowLaneYaml } from '@slowlane/config';
import type { DeliveryControl, Logger, ResultLinks, ScheduleControl } from '@slowlane/contracts';
import { systemClock } from '@slowlane/databricks';
import { type BreakerView, createKeeper, type KeeperOptions } from '@slowlane/keeper';
import { parseBytes, splitPools } from '@slowlane/kit';
import { createMediator, createResultSweeper } from '@slowlane/mediator';
import {
  createLookupClient,
  createMailSender,
  createNotifier,
  createWebhookSender,
  deriveWebhookSecret,
  type MailSender,
} from '@slowlane/notify';
import type { WorkOptions } from '@slowlane/queue';
import { createScheduler } from '@slowlane/schedule';
import type { Builder } from './builder.ts';
import type { Stores } from './open-stores.ts';
import type { Workspaces } from './workspaces.ts';

export interface Lanes {
  schedules: ScheduleControl;
  deliveries: DeliveryControl;
  /** How each workspace that was called answers. */
  breakers(): BreakerView[];
  stop(): Promise<void>;
}

/** Milliseconds; what is left out stays as the parts have it. */
export interface LaneTimes {
  keeper?: Pick<KeeperOptions, 'leaseMs' | 'callTimeoutMs' | 'realityMs' | 'breaker'>;
  clusters?: NonNullable<KeeperOptions['clusters']>['times'];
  work?: Pick<WorkOptions, 'tickMs' | 'lostAfterMs' | 'lockMs'>;
}

/** Starts the workers of both lanes: builder stages, mediator, keeper, notifier. */
export async function runLanes(setting: {
  config: SlowLaneYaml;
  stores: Stores;
  workspaces: Workspaces;
  builder: Builder;
  resultLinks: ResultLinks;
  webhookKey: Buffer;
  /** Names this installation in the tags of its clusters. */
  clusterOwner: string;
  publicUrl: string;
  /** A variable of the environment that slowlane.yaml names. */
  secret(name: string): string | undefined;
  /** Other than the usual ones: for tests that do not want to wait for the end of a dead node's leases. */
  times?: LaneTimes;
  logger: Logger;
}): Promise<Lanes> {
  const { config, stores, workspaces, builder, logger } = setting;
  const { requests } = stores.queue;
  const { pipelines, registrations } = stores.ledger;
  const { stages } = builder;
  const now = (): number => stores.queue.now();
  const node = `${process.pid}-${Date.now().toString(36)}`;
  const lookups = createLookupClient({ allow: config.policy.lookups });
  const mediator = createMediator({
    http: lookups,
    modules: builder.modules,
    requests,
    pipelines,
    registrations,
    volumes: workspaces.volumes,
    defaults: { resultBase: config.volumes },
    policy: config.policy,
    logger,
  });
  const keeper = createKeeper({
    requests,
    registrations,
    workspace: workspaces.client,
    blobs: stores.blobs,
    node,
    poll: { byWorkspace: { local: { minMs: 100, maxMs: 1_000 } } },
    logBytes: parseBytes(config.driver_log),
    gate: stores.queue.gate,
    events: stores.queue.events,
    workspaces: Object.keys(config.workspaces),
    clusters: {
      book: stores.queue.clusters,
      pools: splitPools(config.pools).clusters,
      owner: setting.clusterOwner,
      ...(setting.times?.clusters === undefined ? {} : { times: setting.times.clusters }),
    },
    ...setting.times?.keeper,
    clock: { ...systemClock, now },
    logger,
  });
  const sender = createWebhookSender({
    allow: config.policy.callbacks,
    secret: (audience) => deriveWebhookSecret(setting.webhookKey, audience),
    logger,
  });
  const mail = mailOf(config, setting.secret, logger);
  const notifier = createNotifier({
    deliveries: stores.ledger.deliveries,
    mail,
    requests,
    events: stores.queue.events,
    sender,
    pipelines,
    resultLinks: setting.resultLinks,
    publicUrl: setting.publicUrl,
    now,
    logger,
  });
  const scheduler = createScheduler({
    requests,
    pipelines,
    registrations,
    store: stores.ledger.schedules,
    now,
    logger,
  });
  const sweeper = createResultSweeper({
    pipelines,
    history: stores.ledger.history,
    volumes: workspaces.volumes,
    store: stores.ledger.schedules,
    events: stores.queue.events,
    now,
    logger,
  });
  const workers = await stores.queue.work(
    {
      fetch: ({ buildId }, signal) => stages.fetch(buildId, signal),
      detect: ({ buildId }, signal) => stages.detect(buildId, signal),
      plan: ({ buildId }, signal) => stages.plan(buildId, signal),
      build: ({ buildId }, signal) => stages.build(buildId, signal),
      inspect: ({ buildId }, signal) => stages.inspect(buildId, signal),
      publish: ({ buildId }, signal) => stages.publish(buildId, signal),
      register: ({ buildId }, signal) => stages.register(buildId, signal),
      prepare: ({ requestId }) => mediator.prepare(requestId),
      split: ({ requestId }) => mediator.split(requestId),
      submit: ({ partId }, signal) => keeper.submit(partId, signal),
      join: ({ requestId }) => mediator.join(requestId),
      notify: ({ requestId }) => notifier.notify(requestId),
    },
    { concurrency: { build: config.builders }, ...setting.times?.work },
  );
  keeper.start();
  notifier.start();
  scheduler.start();
  sweeper.start();
  return {
    schedules: scheduler.control,
    deliveries: notifier.control,
    breakers: () => keeper.breakers(),
    async stop() {
      await sweeper.stop();
      await scheduler.stop();
      await notifier.stop();
      await keeper.stop();
      await workers.close();
      await mediator.close();
      await sender.close();
      mail?.close();
      await lookups.close();
    },
  };
}

function mailOf(
  { mail, policy }: SlowLaneYaml,
  secret: (name: string) => string | undefined,
  logger: Logger,
): MailSender | undefined {
  if (mail === undefined) return undefined;
  const { host, port, security, from, user, password_env: variable } = mail;
  const password = variable === undefined ? undefined : secret(variable);
  return createMailSender({
    settings: { host, port, security, from, user, password },
    domains: policy.mail_domains,
    logger,
  });
}
