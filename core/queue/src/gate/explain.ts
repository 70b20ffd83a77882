import type { PartRecord, WaitView } from '@slowlane/contracts';
import { isBudget, isHeldBack, percentile, splitPartId } from '@slowlane/kit';
import { startOf } from './eta.ts';
import { explainHeld } from './explain-held.ts';
import { closuresFrom } from './gate-view.ts';
import { partRecordOf } from '../lanes/request-record.ts';
import { runTimes } from '../events/run-times.ts';
import { type Store, fieldsOf } from '../redis/store.ts';

const MOST_HOLDERS = 20;
/** Holders that an estimate looks at. */
const MOST_LOOKED_AT = 2_000;
const UNLIMITED = 1e15;

type Answer = [
  fields: string[],
  now: string,
  dimension?: string,
  limit?: string,
  use?: string,
  taken?: string,
  weight?: string,
  standing?: string,
  inClass?: number,
  overall?: number,
  closures?: string[],
  opensAt?: string,
  holders?: string[],
];

interface Holder {
  part: string;
  class: string;
  run: string;
  grantedAt: number;
}

/** Why a part waits, behind whom, and until when. */
export async function explain(store: Store, partId: string): Promise<WaitView | undefined> {
  if (splitPartId(partId) === undefined) return undefined;
  const answer = (await store.run('explain', partId, MOST_LOOKED_AT)) as Answer;
  if (answer[0] === undefined) return undefined;
  const fields = fieldsOf(answer[0]);
  const part = partRecordOf(partId, fields) as PartRecord;
  const view = plainView(part);
  const dimension = answer[2];
  if (isHeldBack(part.state, part.waiting?.dimension)) return { ...view, ...(await explainHeld(store, part)) };
  if (dimension === undefined) return view;
  // A part of a large split that has not come to the gate yet waits for nothing.
  if (dimension === 'not-before' && view.notBefore === undefined) return view;
  if (dimension === 'not-before') return { ...view, dimension, opensAt: view.notBefore };
  return { ...view, ...(await waitOf(store, answer, fields['class'] as string)) };
}

function plainView(part: PartRecord): WaitView {
  const { id, requestId, state, parkedAt, notBefore, deadline } = part;
  return { part: id, request: requestId, state, parkedAt, notBefore, deadline };
}

async function waitOf(store: Store, answer: Answer, claim: string): Promise<Partial<WaitView>> {
  const [, now, dimension, limit, use, taken, weight, standing, inClass, overall, closures, opens, flat = []] = answer;
  const holders = holdersOf(flat);
  const closed = closuresFrom(fieldsOf(closures ?? []));
  const opensAt = opens === '' ? lastEnd(closed) : Number(opens);
  const position = { inClass: Number(inClass), overall: Number(overall) };
  const isImpossible = Number(standing) > 0 && Number(weight) > Number(standing);
  const eta = isImpossible
    ? undefined
    : await etaOf(store, {
        now: Number(now),
        claim,
        holders,
        places: Math.floor((Number(standing) - Number(taken)) / Number(weight)),
        ahead: position.overall,
        opensAt: closed.length > 0 ? (opensAt ?? Infinity) : Number(now),
      });
  return {
    ...(dimension === '' ? {} : { dimension }),
    limit: Number(limit) >= UNLIMITED ? null : Number(limit),
    inUse: Number(use),
    taken: Number(taken),
    weight: Number(weight),
    closed,
    impossible: isImpossible,
    holders: holders
      .slice(0, MOST_HOLDERS)
      .map((holder) => holderView(holder, dimension === '' ? '*' : String(dimension))),
    position,
    opensAt: closed.length > 0 || isBudget(String(dimension)) ? opensAt : undefined,
    eta,
  };
}

function holdersOf(flat: readonly string[]): Holder[] {
  return Array.from({ length: Math.floor(flat.length / 4) }, (_, row) => ({
    part: flat[row * 4] as string,
    class: flat[row * 4 + 1] as string,
    run: flat[row * 4 + 2] as string,
    grantedAt: Number(flat[row * 4 + 3]),
  }));
}

function holderView(holder: Holder, dimension: string): NonNullable<WaitView['holders']>[number] {
  const weight = holder.class
    .split('|')
    .find((claim) => claim.startsWith(`${dimension}=`))
    ?.slice(dimension.length + 1);
  return {
    part: holder.part,
    request: splitPartId(holder.part)?.requestId ?? '',
    ...(holder.run === '' ? {} : { run: holder.run }),
    weight: Number(weight ?? 1),
    grantedAt: holder.grantedAt,
  };
}

/** Closures that end by themselves end with the last of them. */
function lastEnd(closed: readonly { until?: number | undefined }[]): number | undefined {
  const ends = closed.map(({ until }) => until);
  return ends.includes(undefined) || ends.length === 0 ? undefined : Math.max(...(ends as number[]));
}

async function etaOf(
  store: Store,
  facts: { now: number; claim: string; holders: readonly Holder[]; places: number; ahead: number; opensAt: number },
): Promise<WaitView['eta']> {
  if (facts.places < 1 || facts.opensAt === Infinity) return undefined;
  const own = operationOf(facts.claim);
  const operations = [...new Set([own, ...facts.holders.map((holder) => operationOf(holder.class))])];
  const lists = await Promise.all(operations.map((operation) => runTimes(store, operation)));
  const times = new Map(operations.map((operation, index) => [operation, lists[index] as number[]]));
  if (times.get(own)?.length === 0) return undefined;
  const at = (share: number) => {
    const of = (operation: string) =>
      percentile(times.get(operation) ?? [], share) ?? percentile(times.get(own) ?? [], share) ?? 0;
    const ends = facts.holders.map((holder) => Math.max(facts.now, holder.grantedAt + of(operationOf(holder.class))));
    return Math.max(facts.opensAt, startOf({ ...facts, ends, runMs: of(own) }));
  };
  return { earliest: Math.round(at(0.5)), latest: Math.round(at(0.9)) };
}

function operationOf(claim: string): string {
  return /(?:^|\|)op:([^=|]+)=/.exec(claim)?.[1] ?? '';
}
