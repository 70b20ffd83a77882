import type { GateControl, GateList, GateUnit } from '@slowlane/contracts';
import { isBudget } from '@slowlane/kit';

/** All dimensions, as REST shows them. */
export async function gatesOf(gate: Pick<GateControl, 'list'>): Promise<GateList['gates']> {
  return (await gate.list()).map((one) => ({
    ...one,
    unit: unitOf(one.dimension),
    windows: one.windows === undefined ? undefined : [...one.windows],
  }));
}

/** What the numbers of a dimension count. */
export function unitOf(dimension: string | undefined): GateUnit | undefined {
  return dimension !== undefined && isBudget(dimension) ? 'micros' : undefined;
}
