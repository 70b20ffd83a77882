import type { GateList } from '@slowlane/contracts';
import { isBudget } from '@slowlane/kit';
import { defineCommand, text } from '../command.ts';
import { amount, microsOf } from '../money.ts';
import { wholeNumber } from '../read-option.ts';
import { closureText } from '../wait-text.ts';

type GateRow = GateList['gates'][number];

export const gateLs = defineCommand({
  name: 'gate ls',
  summary: 'limits of the gate, what is in use and what waits',
  run: (_input, { client }) => client().listGates(),
  render: ({ gates }, style) =>
    style.table(
      gates.map((gate) => [
        gate.dimension,
        limitOf(gate, gate.limit) ?? 'unlimited',
        useOf(gate),
        String(gate.waiting),
        [
          ...(gate.byHand === undefined
            ? []
            : [`by ${gate.byHand.by}: ${gate.byHand.reason} (declared: ${limitOf(gate, gate.declared) ?? 'none'})`]),
          ...(gate.closed ?? []).map(closureText),
        ].join('; '),
      ]),
      ['dimension', 'limit', 'in use', 'waiting', 'set or closed by'],
    ),
});

export const gateSet = defineCommand({
  name: 'gate set',
  summary: 'set a limit by hand; stands over the pipeline file until gate reset',
  args: [
    { form: '<dimension>', help: '* | op:NAME | pool:NAME | ws:NAME | res:NAME | tn:NAME | bud:NAME' },
    { form: '<limit>', help: 'number of slots, of a budget money a month: 250.50; 0 stops new ones' },
  ],
  options: [{ form: '--reason <text>', help: 'why', default: 'by hand' }],
  async run(input, { client }) {
    const dimension = input.args[0] as string;
    const given = input.args[1] as string;
    const limit = isBudget(dimension) ? microsOf(given, 'the limit of a budget') : wholeNumber(given, 'the limit');
    return { ...(await client().setGate(dimension, { limit, reason: text(input, 'reason') ?? 'by hand' })), dimension };
  },
  render: limitLines,
});

export const gateReset = defineCommand({
  name: 'gate reset',
  summary: 'go back to the limit that pipeline file and configuration declare',
  args: [{ form: '<dimension>', help: 'dimension' }],
  async run(input, { client }) {
    const dimension = input.args[0] as string;
    return { ...(await client().resetGate(dimension)), dimension };
  },
  render: limitLines,
});

function limitLines({ gates, dimension }: GateList & { dimension: string }): string[] {
  const gate = gates.find((one) => one.dimension === dimension);
  if (gate === undefined) return [`${dimension} has no limit`];
  const { limit, declared, byHand } = gate;
  const now = `${dimension}: ${limitOf(gate, limit) ?? 'unlimited'}`;
  if (byHand === undefined) return [now];
  return [`${now} by ${byHand.by}: ${byHand.reason} (declared: ${limitOf(gate, declared) ?? 'none'})`];
}

function limitOf({ dimension }: GateRow, limit: number | null): string | undefined {
  return limit === null ? undefined : amount(dimension, limit);
}

/** Of a budget what the month has cost so far counts as well as what runs will probably cost. */
function useOf({ dimension, inUse, taken = 0 }: GateRow): string {
  return amount(dimension, isBudget(dimension) ? inUse + taken : inUse);
}
