import type { GateClaim } from '@slowlane/contracts';

const name = '[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?';
const who = '[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?';
const dimensionForm = new RegExp(
  `^(?:\\*|(?:op|pool|ws|res):${name}|(?:tn|bud):${who}|quota:${name}:[a-z0-9-]{1,63})$`,
);

export function isDimension(text: string): boolean {
  return dimensionForm.test(text);
}

/** Name of the class of a claim: its dimensions in order with their weights, `*=1|op:daily=2|ws:local=1`. Every part weighs on `*`. */
export function gateClass(claim: GateClaim): string {
  const dimensions: Record<string, number> = { '*': 1, ...claim.dimensions };
  for (const [dimension, weight] of Object.entries(dimensions)) {
    if (!isDimension(dimension)) throw new Error(`not a gate dimension: ${dimension}`);
    if (!Number.isInteger(weight) || weight < 1) throw new Error(`not a weight on ${dimension}: ${weight}`);
  }
  return Object.keys(dimensions)
    .sort()
    .map((dimension) => `${dimension}=${dimensions[dimension]}`)
    .join('|');
}
