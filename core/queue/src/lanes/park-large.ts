import type { NewPart, RequestLane } from '@slowlane/contracts';
import { partId, redactJson } from '@slowlane/kit';
import { type PriceTable, priceClaim } from '../gate/cost.ts';
import { gateClass } from '../gate/gate-class.ts';
import { headStartUs } from '../gate/head-start.ts';
import { impossibleError } from './impossible-error.ts';
import type { Pump } from '../gate/pump.ts';
import type { Store } from '../redis/store.ts';

/** Parts that one script stores or parks: Redis does nothing else meanwhile. */
export const partsPerStep = 1_000;
/** To bring a part to the gate, and to grant it where it has room, costs several times what storing it does. */
const enteredPerStep = 500;

interface ParkDeps {
  store: Store;
  pump: Pump;
  ageingStepMs: number;
  prices: PriceTable;
}

type Split = Parameters<RequestLane['park']>[1];

/**
 * Parks more parts than go in one script: they are stored, then become the request's in one step, then come to the gate. Killed before that step,
 * it begins anew; killed after it, `parkRest` goes on with the parts that are stored, so that another mediation cannot change them.
 */
export async function parkLarge(deps: ParkDeps, id: string, split: Split): Promise<void> {
  const priced = await priceClaim(deps.store, split.claim, deps.prices);
  const claim = gateClass({ ...split.claim, dimensions: priced.dimensions });
  const headStart = headStartUs(split.claim.priority, deps.ageingStepMs);
  const of = { claim, headStart, pricePerHour: priced.pricePerHour, estimate: priced.estimate };
  for (let first = 0; first < split.parts.length; first += partsPerStep) {
    const parts = split.parts.slice(first, first + partsPerStep);
    if (!(await stage(deps.store, id, { ...of, first, parts, redact: split.redactParts ?? [] }))) break;
  }
  const { parts, mediated, resultPath, redact = [], needed = '' } = split;
  const told = {
    // Each part is told by an event of its own: here the first ones show what became of the request.
    parts: parts.slice(0, partsPerStep).map(({ key }, index) => ({ part: partId(id, index), key })),
    total: parts.length,
    body: redactJson(mediated, redact),
    resultPath,
    claim: priced.dimensions,
    priority: split.claim.priority,
  };
  const fields = [JSON.stringify(mediated), resultPath, claim, JSON.stringify(told), needed, parts.length];
  const answer = (await deps.store.run('park-staged', id, ...fields)) as string[];
  if (answer[0] !== 'staged' && answer[0] !== 'past') throw impossibleError(id, answer.map(String));
  await parkRest(deps, id);
}

/** Brings what is stored and not parked yet to the gate. */
export async function parkRest({ store, pump }: Pick<ParkDeps, 'store' | 'pump'>, id: string): Promise<void> {
  for (let hasMore = true; hasMore;) {
    const [more, granted, budget] = (await store.run('enter-parts', id, enteredPerStep)) as [number, number, number];
    await pump.goOn(granted, budget);
    hasMore = more === 1;
  }
}

interface Stage {
  first: number;
  parts: readonly NewPart[];
  claim: string;
  headStart: number;
  pricePerHour: number | undefined;
  estimate: number | undefined;
  redact: readonly string[];
}

async function stage(store: Store, id: string, stage: Stage): Promise<boolean> {
  const { first, parts, claim, headStart, pricePerHour = '', estimate, redact } = stage;
  const rows = parts.flatMap(({ key, document }, offset) => [
    key,
    JSON.stringify(document),
    JSON.stringify({ key, index: first + offset, document: redactJson(document, redact), estimateMicros: estimate }),
  ]);
  return (await store.run('stage-parts', id, first, claim, headStart, pricePerHour, estimate ?? '', ...rows)) === 1;
}
