import { type Mutant, runMutant } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { chaosCommand } from './chaos-command.ts';

/** Each call to the workspace has a token of its own, as if nobody had thought of a call whose answer is lost. */
const tokenPerCall: Mutant = {
  name: 'token per call',
  file: 'service/run-lanes.ts',
  search: '    workspace: workspaces.client,\n',
  replace: `    workspace: (name) => {
      const client = workspaces.client(name);
      const fresh = (token: string) => \`\${token.slice(0, 40)}\${Math.random()}\`.slice(0, 60);
      return {
        ...client,
        jobs: {
          ...client.jobs,
          runNow: (run, options) =>
            client.jobs.runNow({ ...run, idempotencyToken: fresh(run.idempotencyToken ?? '') }, options),
        },
      };
    },\n`,
  test: {
    file: 'chaos/submissions.full.test.ts',
    name: 'starts no run twice when nodes die between the call to the workspace and the note of its answer',
  },
};
const project = { root: repository, folder: 'core/app' };

describe('kills at all await points', () => {
  it('break no promise, in six minutes', async () => {
    const lines: string[] = [];
    const { failed, skipped } = await chaosCommand({ minutes: 6, seed: 20_261_124 }, (line) => lines.push(line));
    console.log(lines.join('\n'));
    expect(failed, lines.join('\n')).toBe(0);
    expect(skipped, 'cells in which nothing fired').toBe(0);
  }, 600_000);

  it('would show a token for each call as double runs', async () => {
    const unchanged = await runMutant(project, tokenPerCall, { unchanged: true, timeoutMs: 240_000 });
    expect(unchanged, unchanged.output).toMatchObject({ ran: 1, failed: 0 });
    const mutant = await runMutant(project, tokenPerCall, { timeoutMs: 240_000 });
    expect(mutant, mutant.output).toMatchObject({ ran: 1, failed: 1 });
    expect(mutant.output).toContain('doubleRuns: ');
  }, 600_000);
});
