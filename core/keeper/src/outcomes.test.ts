import { type ErrorCode, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { answerOf, answerRules, endRules, ruleOf } from './outcomes.ts';

const error = (code: ErrorCode, errorCode?: string): SlowLaneError =>
  new SlowLaneError(code, 'x', errorCode === undefined ? {} : { data: { errorCode } });

describe('outcome of a failed call', () => {
  it.each<[ErrorCode, string | undefined, string, string]>([
    ['workspace.unavailable', undefined, 'lost', 'same-token'],
    ['workspace.timeout', undefined, 'timeout', 'same-token'],
    ['workspace.throttled', undefined, 'throttled', 'postpone'],
    ['workspace.unauthenticated', undefined, 'credentials', 'postpone'],
    ['workspace.untrusted', undefined, 'credentials', 'postpone'],
    ['workspace.rejected', 'QUOTA_EXCEEDED', 'run-limit', 'postpone'],
    ['workspace.rejected', 'MAXIMUM_CONCURRENT_RUNS_REACHED', 'run-limit', 'postpone'],
    ['workspace.rejected', 'PERMISSION_DENIED', 'refused', 'fail'],
    ['workspace.rejected', 'constructor', 'refused', 'fail'],
    ['workspace.not-found', undefined, 'gone', 'fail'],
    ['queue.unavailable', undefined, 'ours', 'throw'],
  ])('%s %s is "%s": %s', (code, vendors, answer, submit) => {
    expect(answerOf(error(code, vendors))).toBe(answer);
    expect(ruleOf(error(code, vendors)).submit).toBe(submit);
  });

  it('never ends a watched run, but for one that is gone', () => {
    const ending = Object.entries(answerRules).filter(([, { poll }]) => poll !== 'watch');
    expect(ending.map(([answer]) => answer)).toEqual(['gone']);
  });

  it('lets neither a limit nor a refusal speak against the workspace', () => {
    const breaking = Object.entries(answerRules).filter(([, { breaks }]) => breaks);
    expect(breaking.map(([answer]) => answer)).toEqual(['lost', 'timeout', 'credentials']);
  });
});

describe('outcome of a run that ended', () => {
  it('is success for nothing but success', () => {
    const good = Object.entries(endRules).filter(([, { state }]) => state === 'succeeded');
    expect(good.map(([end]) => end)).toEqual(['succeeded']);
  });

  it('is not tried again on a guess', () => {
    expect(endRules.unknown).toMatchObject({ again: 'never', code: 'run.unknown-outcome' });
  });
});
