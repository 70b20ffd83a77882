/**
 * Microseconds that a part of this priority (0 first, 9 last) counts as having arrived earlier. The order at the gate is arrival minus
 * head start: a more urgent part overtakes those that arrived up to one ageing step before it per level, and no more, so that nothing
 * starves behind a stream of urgent parts.
 */
export function headStartUs(priority: number, ageingStepMs: number): number {
  if (!Number.isInteger(priority) || priority < 0 || priority > 9)
    throw new Error(`not a priority from 0 to 9: ${priority}`);
  return (9 - priority) * ageingStepMs * 1_000;
}
