import { type Failure, type PartRecord, SlowLaneError } from '@slowlane/contracts';
import type { Run, RunEnd, RunOutput } from '@slowlane/databricks';
import { endRules } from './outcomes.ts';

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
  const rule = endRules[outcome];
  return new SlowLaneError(rule.code, `run ${run.runId} of part "${part.key}" ${rule.words}: ${words}`, {
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
