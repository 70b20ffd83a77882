/** States of a request, in the words of the lane, in which a fault is wanted. */
export const chaosStates = [
  'accepted',
  'preparing',
  'parked',
  'granted',
  'submitting',
  'running',
  'joining',
  'notifying',
] as const;
export type ChaosState = (typeof chaosStates)[number];

/** A place where a node waits for somebody else: a script of Redis, or an HTTP call. */
export interface AwaitPoint {
  name: string;
  state: ChaosState;
  script?: string;
  call?: { method: string; path: string };
}

export const awaitPoints: readonly AwaitPoint[] = [
  { name: 'accept', state: 'accepted', script: 'accept' },
  { name: 'dispatched', state: 'accepted', script: 'dispatched' },
  { name: 'take-request', state: 'preparing', script: 'take-request' },
  { name: 'park', state: 'parked', script: 'park' },
  { name: 'claim', state: 'granted', script: 'claim' },
  { name: 'intend', state: 'submitting', script: 'intend' },
  { name: 'POST run-now', state: 'submitting', call: { method: 'POST', path: '/jobs/run-now' } },
  { name: 'bind', state: 'submitting', script: 'bind' },
  { name: 'GET runs', state: 'running', call: { method: 'GET', path: '/jobs/runs/' } },
  { name: 'release', state: 'running', script: 'release' },
  { name: 'end-request', state: 'joining', script: 'end-request' },
  { name: 'POST callback', state: 'notifying', call: { method: 'POST', path: '/told' } },
  { name: 'notified', state: 'notifying', script: 'notified' },
];

/**
 * Who dies at the point. `before`: nothing was sent; `after`: the answer is there and nobody has acted on it. Redis and the workspace die with the
 * call under way, as far as it goes to them. A stalled node does not die: with the answer in hand its event loop stands still until every lease and
 * lock it had is over, and then it goes on as if nothing had been.
 */
export const faults = ['node before', 'node after', 'node stalled', 'redis', 'workspace'] as const;
export type Fault = (typeof faults)[number];

export interface Cell {
  point: string;
  fault: Fault;
}

/** What a node is told to do: at the call of the point with this number (from 0, counted from the order on), kill this process, or stand still. */
export interface Order extends Cell {
  moment: 'before' | 'sent' | 'after';
  skip: number;
  pid: number;
  /** Instead of a kill: the event loop is blocked so long. */
  stallMs?: number;
}

/** Longer than any lease and lock of a node of the chaos test. */
export const stallMs = 7_000;

export const cells: readonly Cell[] = awaitPoints.flatMap(({ name }) =>
  faults.map((fault) => ({ point: name, fault })),
);

export function momentOf({ point, fault }: Cell): Order['moment'] {
  if (fault === 'node before') return 'before';
  if (fault === 'node after' || fault === 'node stalled') return 'after';
  return awaitPoints.find(({ name }) => name === point)?.script === undefined ? 'before' : 'sent';
}

export function nameOf({ point, fault }: Cell): string {
  return `${point} / ${fault}`;
}
