import { type Failure, type JoinPolicy, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import { failureOfParts } from './failure-of-parts.ts';

/** Why the request fails under its join policy, or `undefined` when enough parts have succeeded. */
export function failureUnderPolicy(parts: readonly PartRecord[], policy: JoinPolicy): Failure | undefined {
  const first = failureOfParts(parts);
  if (first === undefined || policy === 'all-or-nothing') return first;
  const succeeded = parts.filter(({ state }) => state === 'succeeded').length;
  const needed = neededOf(policy, parts.length);
  if (succeeded >= needed) return undefined;
  if (parts.length === 1) return first;
  return new SlowLaneError(
    'join.too-few',
    `${succeeded} of ${parts.length} parts succeeded, the join policy asks for ${needed}. ${first.message}`,
    { hint: first.hint, data: { succeeded, needed, parts: parts.length, cause: first } },
  ).toFailure();
}

/** Successes that the policy asks for; a share is rounded up, and never less than one part. */
export function neededOf(policy: JoinPolicy, parts: number): number {
  if (policy === 'all-or-nothing') return parts;
  if (policy === 'best-effort') return 1;
  const { quorum } = policy;
  if (typeof quorum === 'number') return Math.min(quorum, parts);
  return Math.max(1, Math.ceil((parts * Number(quorum.slice(0, -1))) / 100));
}

/** Parts that did not succeed, as result, event and notification name them. */
export function missingParts(parts: readonly PartRecord[]): MissingPart[] {
  return parts
    .filter(({ state }) => state !== 'succeeded')
    .map(({ key, state, failure }) => ({
      key,
      state,
      ...(failure === undefined ? {} : { code: failure.code, message: failure.message }),
    }));
}

export interface MissingPart {
  key: string;
  state: string;
  code?: string;
  message?: string;
}
