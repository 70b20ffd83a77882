import type { BlobStore, Logger, RegistrationStore, RequestLane } from '@slowlane/contracts';
import { type Clock, type DatabricksClient, systemClock } from '@slowlane/databricks';
import { passCancels } from './canceller.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import { createPartFacts } from './part-facts.ts';
import { type PollSettings, defaultPoll } from './poll-settings.ts';
import { submitPart } from './submit-part.ts';
import { watch } from './watcher.ts';

export interface KeeperOptions {
  requests: RequestLane;
  registrations: RegistrationStore;
  /** Client of a configured workspace; throws for a name that is not configured. */
  workspace(name: string): DatabricksClient;
  blobs: BlobStore;
  /** Name of this process among the keepers: owner of leases. */
  node: string;
  clock?: Clock | undefined;
  logger: Logger;
  poll?: Partial<PollSettings> | undefined;
  /** Time-out of one `run-now`; default 12,000 ms. Four of them must fit into a lease (90 s). */
  callTimeoutMs?: number | undefined;
}

export interface Keeper {
  /** Processor of the queue job `submit`. Safe to repeat. */
  submit(partId: string, signal: AbortSignal): Promise<void>;
  /** Starts the loops that watch and cancel runs. */
  start(): void;
  /** Ends the loops; runs go on, and their watching with the next start. */
  stop(): Promise<void>;
}

/** The only part of Slow Lane that runs anything on a workspace. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { requests, registrations, workspace, blobs, node, logger } = options;
  const deps: KeeperDeps = {
    requests,
    workspace,
    blobs,
    node,
    logger,
    clock: options.clock ?? systemClock,
    facts: createPartFacts(requests, registrations),
    poll: { ...defaultPoll, ...options.poll },
    callTimeoutMs: options.callTimeoutMs ?? 12_000,
  };
  let running: { controller: AbortController; loops: Promise<unknown> } | undefined;
  return {
    submit: (partId, signal) => submitPart(deps, partId, signal),
    start() {
      if (running !== undefined) return;
      const controller = new AbortController();
      const loops = Promise.allSettled([watch(deps, controller.signal), passCancels(deps, controller.signal)]);
      running = { controller, loops };
    },
    async stop() {
      running?.controller.abort(new Error('the keeper stops'));
      await running?.loops;
      running = undefined;
    },
  };
}
