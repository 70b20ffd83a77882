import type { SlowLaneYaml } from '@slowlane/config';
import type { Logger, ResultLinks } from '@slowlane/contracts';
import { createKeeper } from '@slowlane/keeper';
import { createMediator } from '@slowlane/mediator';
import { createNotifier, createWebhookSender, deriveWebhookSecret } from '@slowlane/notify';
import type { Builder } from './builder.ts';
import type { Stores } from './open-stores.ts';
import type { Workspaces } from './workspaces.ts';

export interface Lanes {
  stop(): Promise<void>;
}

/** Starts the workers of both lanes: builder stages, mediator, keeper, notifier. */
export async function runLanes(setting: {
  config: SlowLaneYaml;
  stores: Stores;
  workspaces: Workspaces;
  builder: Builder;
  resultLinks: ResultLinks;
  webhookKey: Buffer;
  publicUrl: string;
  logger: Logger;
}): Promise<Lanes> {
  const { config, stores, workspaces, builder, logger } = setting;
  const { requests } = stores.queue;
  const { pipelines, registrations } = stores.ledger;
  const { stages } = builder;
  const node = `${process.pid}-${Date.now().toString(36)}`;
  const mediator = createMediator({
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
    logger,
  });
  const sender = createWebhookSender({
    allow: config.policy.callbacks,
    secret: (audience) => deriveWebhookSecret(setting.webhookKey, audience),
    logger,
  });
  const notifier = createNotifier({
    requests,
    events: stores.queue.events,
    sender,
    pipelines,
    resultLinks: setting.resultLinks,
    publicUrl: setting.publicUrl,
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
    { concurrency: { build: config.builders } },
  );
  keeper.start();
  return {
    async stop() {
      await keeper.stop();
      await workers.close();
      await mediator.close();
      await sender.close();
    },
  };
}
