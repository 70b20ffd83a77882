import type { GateList } from '@slowlane/contracts';
import { defineCommand, text } from '../command.ts';
import { wholeNumber } from '../read-option.ts';
import { closureText } from '../wait-text.ts';

export const gateLs = defineCommand({
  name: 'gate ls',
  summary: 'limits of the gate, what is in use and what waits',
  run: (_input, { client }) => client().listGates(),
  render: ({ gates }, style) =>
    style.table(
      gates.map((gate) => [
        gate.dimension,
        gate.limit === null ? 'unlimited' : String(gate.limit),
        String(gate.inUse),
        String(gate.waiting),
        [
          ...(gate.byHand === undefined
            ? []
            : [`by ${gate.byHand.by}: ${gate.byHand.reason} (declared: ${gate.declared ?? 'none'})`]),
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
    { form: '<dimension>', help: '* | op:NAME | pool:NAME | ws:NAME | res:NAME | tn:NAME' },
    { form: '<limit>', help: 'number of slots; 0 stops new ones' },
  ],
  options: [{ form: '--reason <text>', help: 'why', default: 'by hand' }],
  async run(input, { client }) {
    const dimension = input.args[0] as string;
    const limit = wholeNumber(input.args[1] as string, 'the limit');
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
  const now = `${dimension}: ${limit ?? 'unlimited'}`;
  return [byHand === undefined ? now : `${now} by ${byHand.by}: ${byHand.reason} (declared: ${declared ?? 'none'})`];
}
