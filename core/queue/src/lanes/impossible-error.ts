import { SlowLaneError } from '@slowlane/contracts';

/** The error for what the scripts answer with `impossible` and `over-budget`: kind, dimension, limit or what is left, weight. */
export function impossibleError(requestId: string, answer: readonly string[]): SlowLaneError {
  const [kind, dimension, limit, weight] = answer as [string, string, string, string];
  const data = { dimension, limit: Number(limit), weight: Number(weight) };
  if (kind === 'over-budget')
    return new SlowLaneError(
      'request.over-budget',
      `each part of ${requestId} would cost about ${money(weight)}, and of the budget ${dimension.slice(4)} ${money(limit)} is left this month`,
      { data },
    );
  return new SlowLaneError(
    'request.impossible',
    `each part of ${requestId} weighs ${weight} on ${dimension}, whose limit is ${limit}`,
    { data },
  );
}

function money(micros: string): string {
  return (Number(micros) / 1e6).toFixed(2);
}
