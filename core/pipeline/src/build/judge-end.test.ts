import { PlanStep, type SandboxEnd, type StopReason } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { buildLimits } from './build-limits.ts';
import { judgeEnd } from './judge-end.ts';
import { watchLines } from './line-watch.ts';

const limits = { ...buildLimits, wallMs: 60_000, memoryBytes: 1_073_741_824, idleMs: 30_000 };

describe('judgeEnd', () => {
  it.each<[StopReason, string]>([
    ['timeout', 'build.timeout'],
    ['idle', 'build.timeout'],
    ['cancelled', 'build.timeout'],
    ['oom', 'build.out-of-memory'],
    ['pids', 'build.limit'],
    ['disk', 'build.limit'],
    ['output', 'build.limit'],
    ['driver-lost', 'sandbox.unavailable'],
    ['signal', 'build.failed'],
    ['exit', 'build.failed'],
  ])('maps %s to %s', (reason, code) => {
    expect(judge({ reason, code: null })?.code).toBe(code);
  });

  it.each<[StopReason, string]>([
    ['timeout', 'step "s" was ended: the build may take 1 m 00 s'],
    ['idle', 'step "s" was ended: it wrote nothing for 30.0 s (limit: build.idle)'],
    ['oom', 'step "s" needed more than 1.0 GiB of memory (limit: build.memory)'],
    ['pids', 'step "s" started more than 1024 processes and threads'],
    ['disk', 'step "s" filled the 6.0 GiB of disk (or 400000 files) of a build'],
    ['output', 'step "s" wrote more than 32.0 MiB of output'],
  ])('tells the author which limit it was: %s', (reason, sentence) => {
    expect(judge({ reason, code: null })?.message).toBe(sentence);
  });

  it('is content with code 0', () => expect(judge({ reason: 'exit', code: 0 })).toBeUndefined());

  it('takes the first pattern in the order of the plan, and shows its line', () => {
    const error = judge({ code: 1 }, ['[error] tests failed', 'download: not found a:b:1']);
    expect(error?.code).toBe('build.dependency');
    expect(error?.message).toBe('step "s" ended with code 1: download: not found a:b:1');
  });

  it('names what the gateway refused', () => {
    const error = judge({ code: 1 }, ['not found a:b:1'], [{ path: '/npm/x', reason: 'unknown registry' }]);
    expect(error?.code).toBe('build.egress-denied');
  });

  it('takes a registry that does not answer for temporary, and other bytes than announced for a fault of ours', () => {
    const upstream = { path: '/maven/a.jar', reason: 'gateway.upstream: repo answered 502' };
    const error = judge({ code: 1 }, ['not found a:b:1'], [upstream]);
    expect(error).toMatchObject({ code: 'gateway.upstream', kind: 'temporary' });
    expect(error?.message).toBe('step "s" ended with code 1: /maven/a.jar: repo answered 502');
    const mismatch = { path: '/maven/b.jar', reason: 'gateway.mismatch: other bytes' };
    expect(judge({ code: 1 }, [], [upstream, mismatch])?.code).toBe('gateway.mismatch');
  });

  it('does not blame the gateway for a failed test', () => {
    expect(judge({ code: 1 }, ['tests failed'], [{ path: '/x', reason: 'y' }])?.code).toBe('build.tests-failed');
  });

  it.each([
    'java.net.UnknownHostException: repo.example.org',
    'curl: (6) Could not resolve host: repo.example.org',
    "HTTPSConnectionPool(host='repo.example.org', port=443): Max retries exceeded",
  ])('names the host of: %s', (line) => {
    expect(judge({ code: 1 }, [line])).toMatchObject({
      code: 'build.egress-denied',
      message: expect.stringMatching(/repo\.example\.org/),
    });
  });
});

function judge(end: Partial<SandboxEnd>, lines: string[] = [], denied: { path: string; reason: string }[] = []) {
  const step = PlanStep.parse({
    name: 's',
    phase: 'build',
    argv: ['x'],
    failurePatterns: [
      { pattern: 'not found', code: 'build.dependency' },
      { pattern: 'tests failed', code: 'build.tests-failed' },
    ],
  });
  const watch = watchLines(step);
  for (const line of lines) watch.see(line);
  const usage = { wallMs: 0, cpuMs: 0, maxMemoryBytes: 0, oomKills: 0, pidsHits: 0, bytesOut: 0 };
  return judgeEnd({ step, end: { reason: 'exit', code: 1, signal: null, usage, ...end }, watch, denied, limits });
}
