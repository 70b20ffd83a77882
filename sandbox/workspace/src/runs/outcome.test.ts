import { describe, expect, it } from 'vitest';
import type { StopReason, SupervisedEnd } from '@slowlane/contracts';
import { type EndContext, outcomeOf } from './outcome.ts';

function end(reason: StopReason, code: number | null, oomKills = 0): SupervisedEnd {
  const usage = { wallMs: 1_000, cpuMs: 1, maxMemoryBytes: 1, oomKills, pidsHits: 0, bytesOut: 0 };
  return { reason, code, signal: code === null ? 'SIGKILL' : null, startedAt: 0, endedAt: 1_000, usage };
}
const context: EndContext = { cancelCause: null, cancelledAt: null, memoryBytes: 1_024 ** 3 };

describe('the outcome of a program', () => {
  it.each([
    ['exit', 0, 'SUCCESS', 'SUCCESS'],
    ['exit', 3, 'FAILED', 'RUN_EXECUTION_ERROR'],
    ['signal', null, 'FAILED', 'RUN_EXECUTION_ERROR'],
    ['timeout', null, 'TIMEDOUT', 'CANCELED'],
    ['oom', 1, 'FAILED', 'RUN_EXECUTION_ERROR'],
    ['pids', 1, 'FAILED', 'RUN_EXECUTION_ERROR'],
    ['disk', 1, 'FAILED', 'RUN_EXECUTION_ERROR'],
    ['cancelled', null, 'CANCELED', 'CANCELED'],
    ['driver-lost', null, 'FAILED', 'DRIVER_ERROR'],
  ] as const)('%s with code %s is %s', (reason, code, result, terminationCode) => {
    expect(outcomeOf(end(reason, code), context)).toMatchObject({ result, code: terminationCode });
  });

  it('is a failure for memory by the counter alone, but a success that coped stays one', () => {
    expect(outcomeOf(end('exit', 1, 1), context).message).toContain('ran out of memory');
    expect(outcomeOf(end('exit', 0, 1), context).result).toBe('SUCCESS');
    expect(outcomeOf(end('signal', null, 0), context).message).not.toContain('memory');
  });

  it('is the cancel when it ended after one, and its own when it ended before', () => {
    expect(outcomeOf(end('exit', 0), { ...context, cancelCause: 'user', cancelledAt: 500 }).result).toBe('CANCELED');
    expect(outcomeOf(end('exit', 0), { ...context, cancelCause: 'user', cancelledAt: 1_500 }).result).toBe('SUCCESS');
    expect(outcomeOf(end('exit', 143), { ...context, cancelCause: 'timeout', cancelledAt: 500 }).result).toBe(
      'TIMEDOUT',
    );
  });
});
