import { describe, expect, it } from 'vitest';
import type { CommandContext, CommandInput, Style } from '../command.ts';
import { add, clear, ls } from './workspace-fault.ts';

type Sent = [string, string, unknown?];

/** The control API as the local workspace has it, for what is sent and listed. */
function local(lists: Record<string, object[]> = {}): { context: CommandContext; sent: Sent[] } {
  const sent: Sent[] = [];
  const workspaceCall = async (method: string, path: string, body?: object): Promise<unknown> => {
    sent.push(body === undefined ? [method, path] : [method, path, body]);
    return path === '/slowlane/foreign-runs' ? { run_id: 77 } : { faults: lists[path] ?? [] };
  };
  return { context: { local: { workspaceCall } } as unknown as CommandContext, sent };
}

async function sentBy(kind: string, options: CommandInput['options'] = {}): Promise<Sent[]> {
  const { context, sent } = local();
  await add.run({ args: [kind], options }, context);
  return sent;
}

describe('workspace fault add', () => {
  it('spoils the calls of a route, with all that a fault can say', async () => {
    const options = { route: 'POST /api/*/jobs/run-now', count: '3', status: '429', retryAfter: '2', message: 'slow' };
    expect(await sentBy('status', { ...options, errorCode: 'X', body: '<p>', contentType: 'text/html' })).toEqual([
      [
        'POST',
        '/slowlane/faults',
        {
          ...{ kind: 'status', count: 3, route: 'POST /api/*/jobs/run-now', status: 429, retryAfterSeconds: 2 },
          ...{ message: 'slow', errorCode: 'X', body: '<p>', contentType: 'text/html' },
        },
      ],
    ]);
    expect(await sentBy('wrong-length', { route: 'GET /x', extraBytes: '9' })).toEqual([
      ['POST', '/slowlane/faults', { kind: 'wrong-length', count: 1, route: 'GET /x', extraBytes: 9 }],
    ]);
  });

  it('spoils clusters, runs, and both where the kind is of both', async () => {
    expect(await sentBy('dies', { cluster: 'c-1', count: '2' })).toEqual([
      ['POST', '/slowlane/cluster-faults', { kind: 'dies', count: 2, cluster_id: 'c-1' }],
    ]);
    expect(await sentBy('stuck-terminating')).toEqual([
      ['POST', '/slowlane/cluster-faults', { kind: 'stuck-terminating', count: 1 }],
    ]);
    expect(await sentBy('stuck-terminating', { run: '12' })).toEqual([
      ['POST', '/slowlane/run-faults', { kind: 'stuck-terminating', run_id: 12 }],
    ]);
    expect(await sentBy('late-cancel', { run: 'any', delay: '100' })).toEqual([
      ['POST', '/slowlane/run-faults', { kind: 'late-cancel', delay_ms: 100 }],
    ]);
    expect(await sentBy('foreign-run', { cluster: 'c-1' })).toEqual([
      ['POST', '/slowlane/foreign-runs', { cluster_id: 'c-1' }],
    ]);
  });

  it.each([
    ['explode', {}, /"explode" is no fault: status, .*late-cancel, foreign-run/],
    ['status', {}, /needs --route/],
    ['foreign-run', {}, /needs --cluster/],
    ['late-cancel', { run: 'x' }, /--run must be the id of a run or "any", but is "x"/],
    ['status', { route: 'GET /x', retryAfter: '1.5' }, /--retry-after must be a whole number, but is "1.5"/],
  ])('refuses %s %j and says why', async (kind, options, message) => {
    await expect(sentBy(kind, options)).rejects.toThrow(message);
  });
});

describe('workspace fault ls and clear', () => {
  it('show and take back the faults of calls, clusters and runs', async () => {
    const { context, sent } = local({
      '/slowlane/faults': [{ kind: 'cut', count: 1, route: 'GET /x' }],
      '/slowlane/cluster-faults': [{ kind: 'dies', count: 2 }],
      '/slowlane/run-faults': [{ kind: 'late-cancel', run_id: 5 }, { kind: 'stuck-terminating' }],
    });
    const shown = await ls.run({ args: [], options: {} }, context);
    const style = { table: (rows: string[][]) => rows.map((row) => row.join(' | ')) } as unknown as Style;
    expect(ls.render?.(shown, style)).toEqual([
      'cut | 1 | GET /x',
      'dies | 2 | any cluster',
      'late-cancel | until cleared | run 5',
      'stuck-terminating | until cleared | any run',
    ]);
    await clear.run({ args: [], options: {} }, context);
    expect(sent.slice(3)).toEqual([
      ['DELETE', '/slowlane/faults'],
      ['DELETE', '/slowlane/cluster-faults'],
      ['DELETE', '/slowlane/run-faults'],
    ]);
  });
});
