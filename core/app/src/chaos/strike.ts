import { setTimeout as pause } from 'node:timers/promises';
import { type Cell, type Fault, type Order, momentOf, nameOf, stallMs } from './points.ts';
import { shuffled } from './random.ts';
import { type ChaosNode, type Fired, type System, isBeyondHelp } from './system.ts';

export interface Strike {
  /** Which faults, each once; when all have fired the seed chooses again, until the time is over. */
  cells: readonly Cell[];
  /** At least so long; 0 = until each has fired once. */
  minutes: number;
  /** Faults that have not fired by then are given up, ms. */
  mostMs: number;
  random(): number;
  /** The last node is not killed, so that its memory can be told over the whole time. */
  sparesOne: boolean;
  /** Ends the striking at once. */
  signal: AbortSignal;
}

interface Given {
  cell: Cell;
  /** Kills that had fired when the order was given. */
  seen: number;
  until: number;
}

const sampleMs = 30_000;
/** A node that does not come to the point within it gives the order back. */
const orderMs = 8_000;

/** Kills at the points asked for; answers those at which nothing fired. Each node has one order at a time; orders against what all share, one at a time in all. */
export async function strike(system: System, options: Strike): Promise<Cell[]> {
  const { cells, minutes, mostMs, random, sparesOne, signal } = options;
  const begun = Date.now();
  const open = shuffled(cells, random);
  const given = new Map<ChaosNode, Given>();
  const soakUntil = begun + minutes * 60_000;
  const giveUpAt = begun + Math.max(mostMs, minutes * 60_000 + 30_000);
  for (let sampledAt = begun; ; await pause(25)) {
    const fired = system.fired();
    open.push(...takeBack(given, fired));
    if (minutes > 0 && Date.now() < soakUntil && open.length === 0) open.push(...shuffled(cells, random));
    const isOver = minutes > 0 && Date.now() > soakUntil;
    if ((open.length === 0 || isOver) && given.size === 0) return missingOf(cells, fired);
    if (Date.now() > giveUpAt || signal.aborted || isBeyondHelp(system)) return missingOf(cells, fired);
    if (!isOver)
      for (const node of system.nodes)
        if (!given.has(node) && node.pid() !== 0)
          give(system, { node, given, open, random, isSpared: sparesOne && node === system.nodes.at(-1) });
    if (minutes > 0 && Date.now() - sampledAt > sampleMs) {
      sampledAt = Date.now();
      system.sample();
    }
  }
}

/** Orders that were carried out are forgotten; those whose time is over come back. */
function takeBack(given: Map<ChaosNode, Given>, fired: readonly Fired[]): Cell[] {
  const back: Cell[] = [];
  for (const [node, { cell, seen, until }] of given) {
    const isDone = fired.slice(seen).some((one) => one.node === node.name && nameOf(one) === nameOf(cell));
    if (!isDone && Date.now() < until) continue;
    given.delete(node);
    if (isDone) continue;
    node.send('forget');
    back.push(cell);
  }
  return back;
}

interface Giving {
  node: ChaosNode;
  given: Map<ChaosNode, Given>;
  open: Cell[];
  random(): number;
  isSpared: boolean;
}

function give(system: System, { node, given, open, random, isSpared }: Giving): void {
  const isShared = ({ fault }: Cell): boolean => fault === 'redis' || fault === 'workspace';
  const sharedIsBusy =
    [...given.values()].some(({ cell }) => isShared(cell)) || system.redis.pid() === 0 || system.workspace.pid() === 0;
  const index = open.findIndex((cell) => (isShared(cell) ? !sharedIsBusy : !isSpared));
  const [cell] = index < 0 ? [] : open.splice(index, 1);
  if (cell === undefined) return;
  const pids: Record<Fault, number> = {
    ...{ 'node before': node.pid(), 'node after': node.pid(), 'node stalled': node.pid() },
    ...{ redis: system.redis.pid(), workspace: system.workspace.pid() },
  };
  given.set(node, { cell, seen: system.fired().length, until: Date.now() + orderMs });
  const skip = Math.floor(random() * 2);
  const order: Order = { ...cell, moment: momentOf(cell), skip, pid: pids[cell.fault] };
  node.send(JSON.stringify(cell.fault === 'node stalled' ? { ...order, stallMs } : order));
}

function missingOf(wanted: readonly Cell[], fired: readonly Fired[]): Cell[] {
  const done = new Set(fired.map(nameOf));
  return wanted.filter((cell) => !done.has(nameOf(cell)));
}
