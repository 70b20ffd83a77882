import { describe, expect, it } from 'vitest';
import { verdictOf } from './chaos-command.ts';
import { watchInterrupts } from './interrupts.ts';
import { nothingFound } from './judge.ts';
import { createPhases } from './phases.ts';

describe('the phases of a chaos run', () => {
  it('go on with what there is when one fails or never ends, and say which and why', async () => {
    const said: string[] = [];
    const phases = createPhases(
      (line) => said.push(line),
      () => '',
    );
    expect(await phases.run('start', 1_000, { do: () => Promise.resolve('begun'), otherwise: '' })).toBe('begun');
    expect(await phases.run('strike', 10, { do: () => new Promise(() => undefined), otherwise: 'none' })).toBe('none');
    const broken = (): Promise<string> => Promise.reject(new Error('no workspace'));
    expect(await phases.run('judge', 1_000, { do: broken, otherwise: 'nothing' })).toBe('nothing');
    phases.close();
    expect(phases.unfinished).toEqual(['strike: not over after 0 s', 'judge: no workspace']);
    expect(said).toEqual(phases.unfinished.map((line) => `did not finish: ${line}`));
  });

  it('lead to a verdict that proves nothing when one did not end', () => {
    const fired = [{ point: 'claim', fault: 'redis', moment: 'sent', skip: 0, pid: 1, node: 'a', at: 1 }] as const;
    const verdict = { ...nothingFound(), unfinished: ['judge: no workspace'] };
    expect(verdictOf({ fired: [...fired], verdict })).toBe('verdict: not proven, judge: no workspace');
    expect(verdictOf({ fired: [...fired], verdict: nothingFound() })).toBe('verdict: every promise was kept');
    expect(verdictOf({ fired: [], verdict: nothingFound() })).toBe('verdict: not proven, no fault fired');
    expect(verdictOf({ fired: [...fired], verdict: { ...nothingFound(), lost: ['req_1'] } })).toContain('lost: req_1');
  });
});

describe('what would end the process', () => {
  it('ends the run early instead, with the reason, and is as always afterwards', () => {
    const before = process.listenerCount('SIGHUP');
    const interrupts = watchInterrupts();
    expect(interrupts.signal.aborted).toBe(false);
    process.emit('SIGHUP', 'SIGHUP');
    expect(interrupts.signal.aborted).toBe(true);
    expect(interrupts.reason()).toBe('ended by SIGHUP');
    interrupts.close();
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });
});
