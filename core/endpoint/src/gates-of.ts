import type { GateControl, GateList } from '@slowlane/contracts';

/** All dimensions, as REST shows them. */
export async function gatesOf(gate: Pick<GateControl, 'list'>): Promise<GateList['gates']> {
  return (await gate.list()).map((one) => ({
    ...one,
    windows: one.windows === undefined ? undefined : [...one.windows],
  }));
}
