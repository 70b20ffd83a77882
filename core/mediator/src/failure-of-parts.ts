import { type Failure, type PartRecord, SlowLaneError } from '@slowlane/contracts';

/**
 * Why a request fails that is all or nothing: the first part that failed by itself (those cancelled because of it come last), with its own code, so that
 * the kind of failure stays what it was. `undefined` when every part has succeeded.
 */
export function failureOfParts(parts: readonly PartRecord[]): Failure | undefined {
  const bad = parts.filter(({ state }) => state !== 'succeeded').sort((a, b) => rank(a) - rank(b));
  const first = bad[0];
  if (first === undefined) return undefined;
  const cause = first.failure ?? unexplained(first);
  const failed = bad.filter(({ state }) => state !== 'cancelled').length;
  const count = parts.length === 1 || failed === 0 ? '' : `${failed} of ${parts.length} parts failed. `;
  const run = first.runId === undefined ? '' : ` (run ${first.runId})`;
  const isNamed = cause.message.includes(`part "${first.key}"`);
  return new SlowLaneError(cause.code, `${count}${isNamed ? '' : `part "${first.key}"${run}: `}${cause.message}`, {
    hint: cause.hint,
    data: {
      part: first.id,
      key: first.key,
      runId: first.runId,
      attempt: first.attempt,
      failed,
      parts: parts.length,
      cause,
    },
  }).toFailure();
}

const cancelledLast = 1e15;

function rank({ state, endedAt }: PartRecord): number {
  return (state === 'cancelled' ? cancelledLast : 0) + (endedAt ?? cancelledLast / 2);
}

function unexplained({ key, state }: PartRecord): Failure {
  return new SlowLaneError('run.unknown-outcome', `part "${key}" ended as ${state} without a reason`).toFailure();
}
