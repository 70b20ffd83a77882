import { describe, expect, it } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import { endOf } from './end-of-program.ts';
import type { EndFacts } from './end-of-program.ts';

describe('end of a program', () => {
  it.each<[string, Partial<EndFacts>, object]>([
    ['code of its own', { exitCode: 3 }, { reason: 'exit', code: 3, signal: null }],
    ['128 + n as a signal', { exitCode: 143 }, { reason: 'signal', code: null, signal: 'SIGTERM' }],
    ['137 without the counter is no memory fault', { exitCode: 137 }, { reason: 'signal', signal: 'SIGKILL' }],
    [
      'the counter decides about memory, whatever the code',
      { exitCode: 1, usage: usage({ oomKills: 1 }) },
      { reason: 'oom', code: 1 },
    ],
    [
      'who ends well has coped with an OOM kill',
      { exitCode: 0, usage: usage({ oomKills: 1 }) },
      { reason: 'exit', code: 0 },
    ],
    ['the counter of processes', { exitCode: 2, usage: usage({ pidsHits: 9 }) }, { reason: 'pids' }],
    ['a full disk', { exitCode: 1, isDiskFull: true }, { reason: 'disk' }],
    ['a signal on a full disk', { exitCode: 139, isDiskFull: true }, { reason: 'signal', signal: 'SIGSEGV' }],
    [
      'our own reason stands above all',
      { exit: { exitCode: 137, signal: null }, stopped: 'timeout', usage: usage({ oomKills: 1 }) },
      { reason: 'timeout', code: null },
    ],
    [
      'a program that cannot be executed',
      { exit: { exitCode: 1, signal: null }, saidLast: 'bwrap: execvp x: No such file' },
      { reason: 'exit', code: 127 },
    ],
    [
      'an isolation killed by the memory limit',
      { exit: { exitCode: null, signal: 'SIGKILL' }, usage: usage({ oomKills: 1 }) },
      { reason: 'oom' },
    ],
  ])('%s', (_, facts, expected) => {
    expect(endOf({ ...plain, ...facts })).toMatchObject(expected);
  });

  it('is a failure of ours when the sandbox could not be set up', () => {
    expect(() => endOf({ ...plain, exit: { exitCode: 1, signal: null }, saidLast: "bwrap: Can't mkdir" })).toThrow(
      expect.objectContaining({ code: 'sandbox.failed' }),
    );
    const failure = new SlowLaneError('sandbox.failed', 'no gateway');
    expect(() => endOf({ ...plain, exitCode: 0, failure })).toThrow(failure);
  });
});

const plain: EndFacts = {
  exit: { exitCode: 0, signal: null },
  exitCode: undefined,
  stopped: undefined,
  failure: undefined,
  isDiskFull: false,
  saidLast: '',
  usage: usage({}),
};

function usage(changes: Partial<EndFacts['usage']>): EndFacts['usage'] {
  return { wallMs: 1, cpuMs: 1, maxMemoryBytes: 1, oomKills: 0, pidsHits: 0, bytesOut: 0, ...changes };
}
