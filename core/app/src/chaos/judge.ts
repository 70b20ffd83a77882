import { type SlowLaneEvent, isRequestTerminal, requestEndEvents } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';
import { judgeMoney } from './judge-money.ts';
import type { Asked } from './load.ts';
import { limits, weightsOf } from './operations.ts';
import { type RunOfRecord, clustersAlive, runsOfRecord } from './record.ts';
import type { System } from './system.ts';

/** What was found wrong, in words; all lists are empty when nothing was. */
export interface Verdict {
  lost: string[];
  doubleRuns: string[];
  overLimit: string[];
  money: string[];
  leakedSlots: string[];
  orphanClusters: string[];
  unexplained: string[];
  ledgerDiffers: string[];
  untold: string[];
  troubles: string[];
  /** Phases of the chaos run that did not come to their end: what they would have found is not known. */
  unfinished: string[];
}

export interface Counts {
  acknowledged: number;
  repeated: number;
  runs: number;
  retried: number;
  events: number;
  /** What the parts of the tenant with a budget have cost, in millionths. */
  spentMicros: number;
  /** End state -> requests. */
  ends: Record<string, number>;
  /** Dimension -> how often it made a part wait. */
  refusals: Record<string, number>;
}

export function nothingFound(): Verdict {
  return {
    ...{ lost: [], doubleRuns: [], overLimit: [], money: [], leakedSlots: [], orphanClusters: [], unexplained: [] },
    ...{ ledgerDiffers: [], untold: [], troubles: [], unfinished: [] },
  };
}

export function noCounts(): Counts {
  return { acknowledged: 0, repeated: 0, runs: 0, retried: 0, events: 0, spentMicros: 0, ends: {}, refusals: {} };
}

export interface Evidence {
  asked: readonly Asked[];
  events: readonly SlowLaneEvent[];
}

/** Everything has had the time to end. The truth is what the workspace and the clients have written down; the system's own words are only compared with it. */
export async function judge(system: System, evidence: Evidence): Promise<{ verdict: Verdict; counts: Counts }> {
  const acknowledged = new Map(evidence.asked.flatMap((one) => [...one.ids].map((id) => [id, one] as const)));
  const runs = await runsOfRecord(system);
  const events = groupByRequest(evidence.events);
  const money = await judgeMoney(system, { acknowledged, events: evidence.events });
  const verdict: Verdict = {
    ...(await judgeEnds(system, acknowledged, runs)),
    doubleRuns: doubles(runs),
    overLimit: overLimit(runs, acknowledged),
    money: money.found,
    leakedSlots: await leaks(system),
    orphanClusters: await clustersAlive(system),
    ledgerDiffers: [...ordered(evidence.events), ...(await compareLedger(system, acknowledged, events))],
    untold: [...acknowledged.keys()].filter((id) => !system.told.has(id)),
    troubles: system.troubles,
    unfinished: [],
  };
  const ends: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  for (const { type, data } of evidence.events) {
    if ((requestEndEvents as readonly string[]).includes(type)) ends[type] = (ends[type] ?? 0) + 1;
    const dimension = type === 'part.waiting' ? String(data['dimension']) : undefined;
    if (dimension !== undefined) refusals[dimension] = (refusals[dimension] ?? 0) + 1;
  }
  const counts: Counts = {
    ...{ acknowledged: acknowledged.size, runs: runs.length, events: evidence.events.length, ends, refusals },
    spentMicros: money.spentMicros,
    repeated: evidence.asked.filter(({ ids }) => ids.size > 0).length - acknowledged.size,
    retried: evidence.events.filter(({ type }) => type === 'part.retrying').length,
  };
  return { verdict, counts };
}

/** Everything that was found wrong, in words; empty when all promises were kept. */
export function faultsFound(verdict: Verdict): string[] {
  return Object.entries(verdict).flatMap(([what, found]: [string, string[]]) => found.map((one) => `${what}: ${one}`));
}

async function judgeEnds(
  { ledger }: System,
  acknowledged: Map<string, Asked>,
  runs: readonly RunOfRecord[],
): Promise<Pick<Verdict, 'lost' | 'unexplained'>> {
  const lost: string[] = [];
  const unexplained: string[] = [];
  for (const [id, asked] of acknowledged) {
    if (asked.ids.size > 1) unexplained.push(`${asked.key} was acknowledged as ${[...asked.ids].join(' and ')}`);
    const record = await ledger.history.request(id);
    if (record === undefined) lost.push(`${id} is not in the ledger`);
    else if (!isRequestTerminal(record.state)) lost.push(`${id} is still ${record.state}`);
    else if (record.state === 'succeeded') {
      const own = runs.filter((run) => run.result.includes(id));
      if (!own.some(({ succeeded }) => succeeded)) unexplained.push(`${id} succeeded without a run that did`);
    } else if (record.state === 'cancelled') {
      if (!asked.cancelled) unexplained.push(`${id} is cancelled, and nobody asked for it`);
    } else if (record.state === 'failed' && record.failure?.code === 'request.deadline') {
      if (!asked.hasDeadline) unexplained.push(`${id} failed by a deadline that it does not have`);
    } else if (record.state === 'failed') {
      const hasFailed = runs.some((run) => run.result.includes(id) && !run.succeeded);
      if (!hasFailed && !asked.hasDeadline)
        unexplained.push(`${id} failed without a run that did: ${record.failure?.code} ${record.failure?.message}`);
    } else unexplained.push(`${id} is ${record.state}`);
  }
  return { lost, unexplained };
}

/** One result folder is one (request, part, attempt). */
function doubles(runs: readonly RunOfRecord[]): string[] {
  const seen = new Map<string, number[]>();
  for (const { result, runId } of runs) seen.set(result, [...(seen.get(result) ?? []), runId]);
  return [...seen].flatMap(([result, ids]) => (ids.length > 1 ? [`${result}: runs ${ids.join(', ')}`] : []));
}

/** What ran at the same time by the workspace's clock, against the limits. */
export function overLimit(runs: readonly RunOfRecord[], acknowledged: ReadonlyMap<string, Asked>): string[] {
  const changes = runs.flatMap((run) => {
    const asked = acknowledged.get(/req_[0-9A-Z]{26}/.exec(run.result)?.[0] ?? '');
    if (asked === undefined) return [];
    const weights = weightsOf(asked.operation, asked.tenant);
    return [
      { at: run.startedAt, sign: 1, weights },
      { at: run.endedAt, sign: -1, weights },
    ];
  });
  // One that ends in the millisecond in which another starts has ended before.
  changes.sort((one, other) => one.at - other.at || one.sign - other.sign);
  const inUse: Record<string, number> = {};
  const most: Record<string, number> = {};
  for (const { sign, weights } of changes)
    for (const [dimension, weight] of Object.entries(weights)) {
      inUse[dimension] = (inUse[dimension] ?? 0) + sign * weight;
      most[dimension] = Math.max(most[dimension] ?? 0, inUse[dimension]);
    }
  return Object.entries(limits).flatMap(([dimension, limit]) =>
    (most[dimension] ?? 0) > limit ? [`${dimension}: ${most[dimension]} > ${limit}`] : [],
  );
}

async function leaks({ queue }: System): Promise<string[]> {
  const gates = await queue.gate.list();
  return gates.flatMap(({ dimension, inUse, waiting }) =>
    inUse === 0 && waiting === 0 ? [] : [`${dimension}: ${inUse} in use, ${waiting} waiting`],
  );
}

function groupByRequest(events: readonly SlowLaneEvent[]): Map<string, SlowLaneEvent[]> {
  const groups = new Map<string, SlowLaneEvent[]>();
  for (const event of events) {
    const { request } = event.subject;
    if (request !== undefined) groups.set(request, [...(groups.get(request) ?? []), event]);
  }
  return groups;
}

function ordered(events: readonly SlowLaneEvent[]): string[] {
  return events.flatMap(({ id }, at) => {
    const before = events[at - 1];
    return before === undefined || compareStreamIds(before.id, id) < 0 ? [] : [`${id} comes after ${before.id}`];
  });
}

/** The ledger tells of each request what the stream told, in its order; and the story has one beginning and one end. */
async function compareLedger(
  { ledger }: System,
  acknowledged: ReadonlyMap<string, Asked>,
  streamed: ReadonlyMap<string, SlowLaneEvent[]>,
): Promise<string[]> {
  const differs: string[] = [];
  for (const id of acknowledged.keys()) {
    const expected = streamed.get(id) ?? [];
    const kept = (await ledger.history.trace(id)).filter(({ subject }) => subject.request === id);
    if (kept.map((event) => event.id).join() !== expected.map((event) => event.id).join())
      differs.push(`${id}: ${expected.length} events in the stream, ${kept.length} in the ledger`);
    differs.push(...oddStory(id, expected));
  }
  return differs;
}

function oddStory(id: string, story: readonly SlowLaneEvent[]): string[] {
  const count = (types: readonly string[], part?: string): number =>
    story.filter(({ type, subject }) => types.includes(type) && (part === undefined || subject.part === part)).length;
  const parts = new Set(story.flatMap(({ subject }) => subject.part ?? []));
  const odd = [...parts].filter((part) => count(['part.ended'], part) !== 1 || count(['part.parked'], part) !== 1);
  return [
    ...(count(['request.accepted']) === 1 ? [] : [`${id} was accepted ${count(['request.accepted'])} times`]),
    ...(count(requestEndEvents) === 1 ? [] : [`${id} ended ${count(requestEndEvents)} times`]),
    ...odd.map((part) => `${part} was parked or ended more or less than once`),
  ];
}
