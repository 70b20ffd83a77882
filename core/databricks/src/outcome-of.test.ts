import { describe, expect, it } from 'vitest';
import { type RunEnd, outcomeOf } from './outcome-of.ts';
import type { Run } from './run.ts';

function legacy(lifeCycleState: string, resultState?: string, stateMessage?: string): Pick<Run, 'state' | 'status'> {
  return { state: { lifeCycleState, resultState, stateMessage }, status: undefined };
}

function current(state: string, code?: string, message?: string): Pick<Run, 'state' | 'status'> {
  const termination = code === undefined ? undefined : { code, type: undefined, message };
  return { state: undefined, status: { state, termination, queueCode: undefined } };
}

function endOf(run: Pick<Run, 'state' | 'status'>): RunEnd | 'going on' {
  const outcome = outcomeOf(run);
  return outcome.ended ? outcome.outcome : 'going on';
}

const results: Record<string, RunEnd> = {
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  TIMEDOUT: 'timed-out',
  CANCELED: 'cancelled',
  MAXIMUM_CONCURRENT_RUNS_REACHED: 'skipped',
  EXCLUDED: 'cancelled',
  SUCCESS_WITH_FAILURES: 'failed',
  UPSTREAM_FAILED: 'failed',
  UPSTREAM_CANCELED: 'cancelled',
  DISABLED: 'cancelled',
  FROBNICATED: 'unknown',
};

const codes: Record<string, RunEnd> = {
  SUCCESS: 'succeeded',
  SUCCESS_WITH_FAILURES: 'failed',
  USER_CANCELED: 'cancelled',
  CANCELED: 'cancelled',
  SKIPPED: 'skipped',
  DISABLED: 'cancelled',
  RUN_EXECUTION_ERROR: 'failed',
  INVALID_RUN_CONFIGURATION: 'failed',
  INVALID_CLUSTER_REQUEST: 'failed',
  LIBRARY_INSTALLATION_ERROR: 'failed',
  UNAUTHORIZED_ERROR: 'failed',
  RESOURCE_NOT_FOUND: 'failed',
  FEATURE_DISABLED: 'failed',
  REPOSITORY_CHECKOUT_FAILED: 'failed',
  BREAKING_CHANGE: 'failed',
  BUDGET_POLICY_LIMIT_EXCEEDED: 'failed',
  WORKSPACE_RUN_LIMIT_EXCEEDED: 'skipped',
  CLUSTER_REQUEST_LIMIT_EXCEEDED: 'skipped',
  MAX_CONCURRENT_RUNS_EXCEEDED: 'skipped',
  MAX_JOB_QUEUE_SIZE_EXCEEDED: 'skipped',
  MAX_SPARK_CONTEXTS_EXCEEDED: 'skipped',
  INTERNAL_ERROR: 'platform',
  DRIVER_ERROR: 'platform',
  CLUSTER_ERROR: 'platform',
  CLUSTER_TERMINATED_BY_USER: 'platform',
  STORAGE_ACCESS_ERROR: 'platform',
  CLOUD_FAILURE: 'platform',
  FROBNICATED: 'unknown',
};

describe('outcomeOf', () => {
  it.each(Object.entries(results))('maps the legacy result %s to %s', (result, end) => {
    expect(endOf(legacy('TERMINATED', result))).toBe(end);
  });

  it.each(Object.entries(codes))('maps the termination code %s to %s', (code, end) => {
    expect(endOf(current('TERMINATED', code))).toBe(end);
  });

  it.each([
    'QUEUED',
    'PENDING',
    'RUNNING',
    'TERMINATING',
    'BLOCKED',
    'WAITING_FOR_RETRY',
    'FROBNICATING',
    'constructor',
  ])('keeps watching a run in the legacy state %s', (state) => {
    expect(outcomeOf(legacy(state))).toEqual({ ended: false, state });
  });

  it.each(['QUEUED', 'PENDING', 'RUNNING', 'TERMINATING', 'BLOCKED', 'WAITING', 'FROBNICATING'])(
    'keeps watching a run in the current state %s',
    (state) => {
      expect(outcomeOf(current(state))).toEqual({ ended: false, state });
    },
  );

  it('stops at each of the three terminal legacy states', () => {
    expect(endOf(legacy('SKIPPED'))).toBe('skipped');
    expect(endOf(legacy('INTERNAL_ERROR'))).toBe('platform');
    expect(endOf(legacy('TERMINATED'))).toBe('unknown');
  });

  it('does not take INTERNAL_ERROR for a platform fault when the result says that the task failed', () => {
    const run = {
      ...current('TERMINATED', 'RUN_EXECUTION_ERROR', 'Task main failed'),
      ...{ state: legacy('INTERNAL_ERROR', 'FAILED').state },
    };
    expect(outcomeOf(run)).toEqual({
      ended: true,
      outcome: 'failed',
      message: 'Task main failed (RUN_EXECUTION_ERROR, INTERNAL_ERROR, FAILED)',
    });
  });

  it('tells a time limit from a cancel although the code is CANCELED for both', () => {
    const run = { ...current('TERMINATED', 'CANCELED'), state: legacy('TERMINATED', 'TIMEDOUT').state };
    expect(endOf(run)).toBe('timed-out');
  });

  it.each(Object.keys(codes).filter((code) => code !== 'SUCCESS'))(
    'never believes SUCCESS next to the code %s',
    (code) => {
      expect(endOf({ ...current('TERMINATED', code), state: legacy('TERMINATED', 'SUCCESS').state })).not.toBe(
        'succeeded',
      );
    },
  );

  it.each(Object.keys(results).filter((result) => result !== 'SUCCESS'))(
    'never believes SUCCESS next to the result %s',
    (result) => {
      expect(endOf({ ...current('TERMINATED', 'SUCCESS'), state: legacy('TERMINATED', result).state })).not.toBe(
        'succeeded',
      );
    },
  );

  it('shows an unknown outcome word for word', () => {
    expect(outcomeOf(current('TERMINATED', 'FROBNICATED', 'the frob was nicated'))).toEqual({
      ended: true,
      outcome: 'unknown',
      message: 'the frob was nicated (FROBNICATED)',
    });
  });

  it('does not end a run that tells no state at all', () => {
    expect(outcomeOf({ state: undefined, status: undefined })).toEqual({ ended: false, state: 'no state' });
  });
});
