import { describe, expect, it } from 'vitest';
import { type FlowNode, buildFlow, finishFlow, jobsOf, mediateFlow } from './flows.ts';

const options = { prefix: '{sl}:bull', nonce: '1-0' };

function chain(flow: FlowNode | undefined): string[] {
  return flow === undefined ? [] : jobsOf(flow).map(({ queue }) => queue);
}

describe('flows', () => {
  it('builds, and registers only after publish and the word of git', () => {
    const flow = buildFlow({ id: 'bld_1', purpose: 'push', state: 'queued', pushEnded: false }, options);
    expect(chain(flow)).toEqual(['register', 'publish', 'inspect', 'build', 'plan', 'detect', 'fetch', 'confirm']);
    expect(flow?.children?.[1]?.opts).toMatchObject({ delay: expect.any(Number), ignoreDependencyOnFailure: true });
    expect(flow?.children?.[0]?.opts).toMatchObject({ failParentOnFailure: true });
  });

  it('does not wait for a push that is not there, or that has ended', () => {
    expect(
      chain(buildFlow({ id: 'b', purpose: 'register', state: 'queued', pushEnded: false }, options)),
    ).not.toContain('confirm');
    const ended = buildFlow({ id: 'b', purpose: 'push', state: 'queued', pushEnded: true }, options);
    expect(ended?.children?.[1]).toMatchObject({ name: 'confirm' });
    expect(ended?.children?.[1]?.opts.delay).toBeUndefined();
  });

  it('ends a build that registers nothing with its inspection', () => {
    expect(chain(buildFlow({ id: 'b', purpose: 'build-only', state: 'queued', pushEnded: false }, options))).toEqual([
      'inspect',
      'build',
      'plan',
      'detect',
      'fetch',
    ]);
  });

  it('goes on from the state of a build whose queue jobs were lost, and not at all when it has ended', () => {
    expect(chain(buildFlow({ id: 'b', purpose: 'register', state: 'building', pushEnded: false }, options))).toEqual([
      'register',
      'publish',
      'inspect',
      'build',
    ]);
    expect(chain(buildFlow({ id: 'b', purpose: 'push', state: 'published', pushEnded: false }, options))).toEqual([
      'register',
      'confirm',
    ]);
    expect(buildFlow({ id: 'b', purpose: 'push', state: 'failed', pushEnded: false }, options)).toBeUndefined();
  });

  it('makes the same names for the same trigger, and tells the client whatever the join did', () => {
    expect(mediateFlow('req_1', options)).toEqual(mediateFlow('req_1', options));
    expect(mediateFlow('req_1', options).opts.jobId).toBe('split-req_1-1-0');
    expect(finishFlow('req_1', options)).toMatchObject({
      name: 'notify',
      children: [{ name: 'join', opts: { ignoreDependencyOnFailure: true } }],
    });
  });

  it('gives every child an answer to its failure, because a parent without one waits for ever', () => {
    const flow = buildFlow({ id: 'b', purpose: 'push', state: 'queued', pushEnded: false }, options);
    const children = (node: FlowNode): FlowNode[] =>
      (node.children ?? []).flatMap((child) => [child, ...children(child)]);
    for (const { opts } of [
      ...children(flow as FlowNode),
      ...children(finishFlow('r', options)),
      ...children(mediateFlow('r', options)),
    ]) {
      expect(opts.failParentOnFailure === true || opts.ignoreDependencyOnFailure === true).toBe(true);
    }
  });
});
