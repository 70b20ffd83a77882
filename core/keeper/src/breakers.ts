import { type GateControl, type Logger, SlowLaneError } from '@slowlane/contracts';
import type { Clock, DatabricksClient } from '@slowlane/databricks';
import { ruleOf } from './outcomes.ts';

/** How a workspace answers, for people. Times in epoch milliseconds. */
export interface BreakerView {
  workspace: string;
  /** `open`: nothing is submitted. `half-open`: one call tries whether it answers again. */
  state: 'closed' | 'open' | 'half-open';
  /** Failures since the last answer. */
  failures: number;
  since: number;
  /** The last failure in the workspace's own words; absent while it answers. */
  reason?: string;
  nextProbeAt?: number;
}

export interface BreakerSettings {
  /** Opens after so many failures without any answer between them. */
  failures: number;
  /** Time to the first probe; it doubles up to `maxProbeMs`. */
  probeMs: number;
  maxProbeMs: number;
  /** A workspace that is needed and was not heard of for so long is tried; with the time-outs of two tries it stays below a minute. */
  silenceMs: number;
}

/** One circuit breaker for each workspace. An open one postpones submissions; it fails nothing. */
export interface Breakers {
  /** Throws `workspace.unavailable`, with the time to the next probe as `retryAfterMs`, while the workspace is open. */
  check(workspace: string): void;
  /** Carries out a call and counts how it went; what it throws is passed on. */
  count<T>(workspace: string, call: () => Promise<T>): Promise<T>;
  view(): BreakerView[];
  /** Probes the open ones whose time has come. */
  probe(signal: AbortSignal): Promise<void>;
  /** Tries those of these workspaces that nothing was heard of for some time: a frozen one opens after two tries without an answer. */
  probeSilent(needed: readonly string[], signal: AbortSignal): Promise<void>;
}

export const defaultBreaker: BreakerSettings = { failures: 10, probeMs: 5_000, maxProbeMs: 60_000, silenceMs: 20_000 };

/** Name under which the breaker closes `ws:<workspace>` at the gate. */
export const breakerName = 'circuit-breaker';
/** The gate opens by itself so long after a probe that nobody has made: the keeper that closed it may be gone. */
const forgottenMs = 30_000;

export interface BreakerDeps {
  workspace(name: string): DatabricksClient;
  gate: Pick<GateControl, 'busy' | 'free'> | undefined;
  settings: BreakerSettings;
  clock: Clock;
  logger: Logger;
}

interface Breaker extends BreakerView {
  probes: number;
  heardAt: number;
}

export function createBreakers(deps: BreakerDeps): Breakers {
  const breakers = new Map<string, Breaker>();
  const of = (workspace: string): Breaker => {
    const known = breakers.get(workspace) ?? fresh(deps, workspace);
    breakers.set(workspace, known);
    return known;
  };
  return {
    check(workspace) {
      const { state, reason, nextProbeAt = 0 } = of(workspace);
      if (state !== 'closed') throw openError(workspace, reason, nextProbeAt - deps.clock.now());
    },
    async count(workspace, call) {
      try {
        const answer = await call();
        answered(deps, of(workspace));
        return answer;
      } catch (error) {
        await failed(deps, of(workspace), error);
        throw error;
      }
    },
    view: () => [...breakers.values()].map(viewOf),
    async probe(signal) {
      const due = [...breakers.values()].filter(
        ({ state, nextProbeAt = 0 }) => state === 'open' && nextProbeAt <= deps.clock.now(),
      );
      await Promise.all(due.map((breaker) => probe(deps, breaker, signal)));
    },
    async probeSilent(needed, signal) {
      const silent = needed
        .map(of)
        .filter(({ state, heardAt }) => state === 'closed' && deps.clock.now() - heardAt >= deps.settings.silenceMs);
      await Promise.all(silent.map((breaker) => probeSilent(deps, breaker, signal)));
    },
  };
}

function fresh({ clock }: BreakerDeps, workspace: string): Breaker {
  return { workspace, state: 'closed', failures: 0, since: clock.now(), probes: 0, heardAt: clock.now() };
}

function viewOf({ probes: _, heardAt: _heardAt, ...view }: Breaker): BreakerView {
  return view;
}

function openError(workspace: string, reason: string | undefined, waitMs: number): SlowLaneError {
  return new SlowLaneError(
    'workspace.unavailable',
    `workspace "${workspace}" does not answer (circuit breaker open): ${reason ?? 'no reason told'}`,
    { hint: 'It is tried by itself; what waits for it is postponed.', data: { retryAfterMs: Math.max(1_000, waitMs) } },
  );
}

/** Only a probe closes an open breaker: a call that was under way when it opened says little. */
function answered({ clock }: BreakerDeps, breaker: Breaker): void {
  breaker.heardAt = clock.now();
  if (breaker.state !== 'closed') return;
  breaker.failures = 0;
  delete breaker.reason;
}

async function failed(deps: BreakerDeps, breaker: Breaker, error: unknown): Promise<void> {
  if (!(error instanceof SlowLaneError)) return;
  if (!ruleOf(error).breaks) {
    if (error.code !== 'workspace.throttled' && error.code.startsWith('workspace.')) answered(deps, breaker);
    return;
  }
  breaker.failures += 1;
  breaker.reason = error.message;
  if (breaker.state === 'closed' && breaker.failures >= deps.settings.failures) await open(deps, breaker);
}

async function open(deps: BreakerDeps, breaker: Breaker): Promise<void> {
  const { workspace, reason = '', failures } = breaker;
  if (breaker.state === 'closed') {
    Object.assign(breaker, { since: deps.clock.now(), probes: 0 });
    deps.logger.error({ workspace, failures, reason }, 'circuit breaker opens: the workspace does not answer');
  }
  const pauseMs = Math.min(deps.settings.maxProbeMs, deps.settings.probeMs * 2 ** Math.min(breaker.probes, 20));
  const nextProbeAt = deps.clock.now() + pauseMs;
  Object.assign(breaker, { state: 'open', nextProbeAt });
  await deps.gate
    ?.busy(`ws:${workspace}`, { by: breakerName, reason, until: nextProbeAt + forgottenMs })
    .catch((error: unknown) => deps.logger.warn({ workspace, error: String(error) }, 'the gate was not told'));
}

/** The cheapest call whose answer needs the job service itself. */
async function probe(deps: BreakerDeps, breaker: Breaker, signal: AbortSignal): Promise<void> {
  breaker.state = 'half-open';
  breaker.probes += 1;
  const silence = await whyNoAnswer(deps, breaker, signal);
  if (silence === undefined) return close(deps, breaker);
  breaker.failures += 1;
  breaker.reason = silence;
  await open(deps, breaker);
}

/** Two tries without an answer are enough where nobody else has asked: one may be a lost packet. */
async function probeSilent(deps: BreakerDeps, breaker: Breaker, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const silence = await whyNoAnswer(deps, breaker, signal);
    if (signal.aborted || breaker.state !== 'closed') return;
    if (silence === undefined) return answered(deps, breaker);
    breaker.failures += 1;
    breaker.reason = silence;
  }
  await open(deps, breaker);
}

/** `undefined` when the workspace answers, whatever it says. */
async function whyNoAnswer(deps: BreakerDeps, breaker: Breaker, signal: AbortSignal): Promise<string | undefined> {
  const query = { activeOnly: true, startTimeFrom: deps.clock.now() };
  try {
    const runs = deps.workspace(breaker.workspace).runs.list(query, { signal, timeoutMs: 10_000, retryBudgetMs: 0 });
    for await (const _ of runs) break;
    return undefined;
  } catch (error) {
    if (error instanceof SlowLaneError && !ruleOf(error).breaks) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

async function close(deps: BreakerDeps, breaker: Breaker): Promise<void> {
  const { workspace } = breaker;
  await deps.gate?.free(`ws:${workspace}`, breakerName).catch((error: unknown) => {
    // It ends by itself at its `until`.
    deps.logger.warn({ workspace, error: String(error) }, 'the gate was not told');
  });
  delete breaker.reason;
  delete breaker.nextProbeAt;
  const now = deps.clock.now();
  Object.assign(breaker, { state: 'closed', failures: 0, since: now, heardAt: now });
  deps.logger.info({ workspace }, 'circuit breaker closes: the workspace answers again');
}
