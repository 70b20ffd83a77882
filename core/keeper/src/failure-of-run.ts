import { type ErrorCode, type Failure, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { Run, RunEnd, RunOutput } from '@slowlane/databricks';

const codes: Record<Exclude<RunEnd, 'succeeded'>, ErrorCode> = {
  failed: 'run.failed',
  'timed-out': 'run.timeout',
  cancelled: 'run.cancelled',
  skipped: 'run.platform',
  platform: 'run.platform',
  unknown: 'run.unknown-outcome',
};

export interface EndedRun {
  run: Run;
  outcome: Exclude<RunEnd, 'succeeded'>;
  /** The workspace's own words. */
  message: string;
  outputs: RunOutput[];
}

/** The failure of a run: the driver's own error line first, then what the workspace says; the trace is in `data`. */
export function failureOfRun(part: PartRecord, { run, outcome, message, outputs }: EndedRun): Failure {
  const error = outputs.map((output) => output.error).find((line) => line !== undefined && line !== '');
  const words = error === undefined || message.includes(error) ? message : `${error.trim()} — ${message}`;
  const trace = outputs.map((output) => output.errorTrace).find((text) => text !== undefined && text !== '');
  return new SlowLaneError(codes[outcome], `run ${run.runId} of part "${part.key}" ${verbs[outcome]}: ${words}`, {
    data: {
      runId: run.runId,
      runPageUrl: run.runPageUrl,
      attempt: part.attempt,
      state: run.state,
      status: run.status,
      errorTrace: trace?.slice(-8_000),
    },
  }).toFailure();
}

const verbs: Record<Exclude<RunEnd, 'succeeded'>, string> = {
  failed: 'failed',
  'timed-out': 'reached its time limit',
  cancelled: 'was cancelled',
  skipped: 'was not started by the workspace',
  platform: 'was let down by the workspace',
  unknown: 'ended in a way that is not known',
};
