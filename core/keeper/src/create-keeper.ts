import type {
  BlobStore,
  ClusterBook,
  ClusterPool,
  EventLog,
  GateControl,
  Logger,
  RegistrationStore,
  RequestLane,
} from '@slowlane/contracts';
import { type Clock, type DatabricksClient, systemClock } from '@slowlane/databricks';
import { type BreakerSettings, type BreakerView, createBreakers, defaultBreaker } from './breakers.ts';
import { passCancels } from './canceller.ts';
import { type ClusterTimes, defaultClusterTimes } from './clusters/cluster-deps.ts';
import { keepClusters } from './clusters/keep-clusters.ts';
import { createWarmJobs } from './clusters/warm-jobs.ts';
import type { KeeperDeps } from './keeper-deps.ts';
import { createPartFacts } from './part-facts.ts';
import { type PollSettings, defaultPoll } from './poll-settings.ts';
import { keepFacingReality } from './reality.ts';
import { keepProbing } from './keep-probing.ts';
import { submitPart } from './submit-part.ts';
import { watch } from './watcher.ts';
import { createProgressWatch } from './watch-progress.ts';

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
  /** Time-out of one `run-now`; default 12,000 ms. Four of them must fit into a lease. */
  callTimeoutMs?: number | undefined;
  /** How long a part belongs to the node that submits it, unless it comes back; default 90,000 ms, longer than a submission can take. */
  leaseMs?: number | undefined;
  /** Most bytes of one delivered driver log; default 32 MiB. */
  logBytes?: number | undefined;
  /** Lets the keeper hold `ws:<workspace>` closed while a workspace does not answer, and tell what really runs there. */
  gate?: GateControl | undefined;
  /** Takes `part.unknown`: what a person must decide. */
  events?: Pick<EventLog, 'append'> | undefined;
  /** Names of all configured workspaces: their active runs are compared with the slots that are held. Default: none. */
  workspaces?: readonly string[] | undefined;
  /** Pause between two comparisons, ms; default 60,000. */
  realityMs?: number | undefined;
  breaker?: Partial<BreakerSettings> | undefined;
  /** Warm clusters for registrations with `reuse`. `owner` names this installation, the same on all its nodes, in the tags of its clusters. */
  clusters?:
    | {
        book: ClusterBook;
        pools: Readonly<Record<string, ClusterPool>>;
        owner: string;
        times?: Partial<ClusterTimes> | undefined;
      }
    | undefined;
}

export interface Keeper {
  /** Processor of the queue job `submit`. Safe to repeat. */
  submit(partId: string, signal: AbortSignal): Promise<void>;
  /** Starts the loops that watch and cancel runs. */
  start(): void;
  /** Ends the loops; runs go on, and their watching with the next start. */
  stop(): Promise<void>;
  /** How each workspace that was called answers. */
  breakers(): BreakerView[];
}

/** The only part of Slow Lane that runs anything on a workspace. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { requests, registrations, workspace, blobs, node, logger } = options;
  const clock = options.clock ?? systemClock;
  const breakers = createBreakers({
    workspace,
    gate: options.gate,
    settings: { ...defaultBreaker, ...options.breaker },
    clock,
    logger,
  });
  const deps: KeeperDeps = {
    requests,
    workspace,
    blobs,
    node,
    logger,
    clock,
    breakers,
    progress: createProgressWatch(),
    gate: options.gate,
    events: options.events,
    raised: new Set(),
    workspaces: options.workspaces ?? [],
    realityMs: options.realityMs ?? 60_000,
    clusters: options.clusters && {
      ...options.clusters,
      jobs: createWarmJobs(),
      times: { ...defaultClusterTimes, ...options.clusters.times },
    },
    facts: createPartFacts(requests, registrations),
    poll: { ...defaultPoll, ...options.poll },
    callTimeoutMs: options.callTimeoutMs ?? 12_000,
    leaseMs: options.leaseMs ?? 90_000,
    logBytes: options.logBytes ?? 32 * 1_048_576,
  };
  let running: { controller: AbortController; loops: Promise<unknown> } | undefined;
  return {
    submit: (partId, signal) => submitPart(deps, partId, signal),
    start() {
      if (running !== undefined) return;
      const controller = new AbortController();
      const loops = Promise.allSettled([
        watch(deps, controller.signal),
        passCancels(deps, controller.signal),
        keepProbing(deps, controller.signal),
        keepFacingReality(deps, controller.signal),
        ...(deps.clusters === undefined ? [] : [keepClusters({ ...deps, clusters: deps.clusters }, controller.signal)]),
      ]);
      running = { controller, loops };
    },
    async stop() {
      running?.controller.abort(new Error('the keeper stops'));
      await running?.loops;
      running = undefined;
    },
    breakers: () => breakers.view(),
  };
}
