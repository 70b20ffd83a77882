import type { GateList, PartWaitView } from '@slowlane/contracts';
import { isBudget } from '@slowlane/kit';
import { amount } from './money.ts';

type Closure = NonNullable<GateList['gates'][number]['closed']>[number];

export function closureText({ cause, by, reason, until }: Closure): string {
  return `${cause} by ${by}: ${reason}${until === undefined ? '' : ` until ${iso(until)}`}`;
}

/** Why a part waits, behind whom and until when, a line each. */
export function waitLines(wait: PartWaitView): string[] {
  return [
    ...dimensionLines(wait),
    ...(wait.closed ?? []).map((closure) => `closed: ${closureText(closure)}`),
    ...(wait.position === undefined
      ? []
      : [`before it: ${wait.position.overall} parts, ${wait.position.inClass} alike`]),
    ...holderLines(wait),
    ...(wait.opensAt === undefined
      ? []
      : [`${wait.reason === undefined ? 'opens' : 'tried again'} at ${iso(wait.opensAt)}`]),
    ...(wait.notBefore === undefined ? [] : [`not before ${iso(wait.notBefore)}`]),
    ...(wait.deadline === undefined ? [] : [`deadline ${iso(wait.deadline)}`]),
    ...(wait.eta === undefined ? [] : [`starts between ${iso(wait.eta.earliest)} and ${iso(wait.eta.latest)}`]),
  ];
}

function dimensionLines({ dimension, reason, limit, inUse, taken, weight, impossible }: PartWaitView): string[] {
  if (dimension === undefined) return ['waits for its turn'];
  if (reason !== undefined) {
    const clusters = limit === undefined || limit === null ? '' : ` (${inUse ?? 0} of ${limit} clusters)`;
    return [`has its slot and waits for ${dimension}: ${reason}${clusters}`];
  }
  if (limit === undefined) return [`waits for ${dimension}`];
  const of = (value: number): string => amount(dimension, value);
  const others =
    taken === undefined || taken === 0 ? '' : `, ${of(taken)} ${isBudget(dimension) ? 'spent' : 'taken by others'}`;
  const needs = weight === undefined || weight === 1 ? '' : `, it needs ${of(weight)}`;
  return [
    `waits for ${dimension}: ${of(inUse ?? 0)} of ${limit === null ? 'unlimited' : of(limit)} in use${others}${needs}`,
    ...(impossible === true ? ['it weighs more than the limit: it will not run until somebody raises that'] : []),
  ];
}

function holderLines({ dimension = '*', holders = [] }: PartWaitView): string[] {
  return holders.map(
    ({ part, run, weight, grantedAt }) =>
      `held by ${part}${run === undefined ? '' : ` (run ${run})`}, ${amount(dimension, weight)}, since ${iso(grantedAt)}`,
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
