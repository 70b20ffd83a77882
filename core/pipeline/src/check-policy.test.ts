import { PipelineFile, Policy, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { checkPolicy } from './check-policy.ts';

const policy = Policy.parse({});

describe('checkPolicy', () => {
  it('lets a modest pipeline pass', () => {
    expect(() => checkPolicy(PipelineFile.parse({ pipeline: 'p' }), policy)).not.toThrow();
  });

  it.each([
    [{ operation: { gates: { concurrency: 50 } } }, 'operation.gates.concurrency is 50; the policy allows at most 10'],
    [{ operation: { gates: { weight: 11 } } }, 'operation.gates.weight is 11; the policy allows at most 10'],
    [
      { operation: { gates: { resources: { db: 20 } } } },
      'operation.gates.resources.db is 20; the policy allows at most 10',
    ],
    [{ build: { timeout: '2h' } }, 'build.timeout is 2h; the policy allows at most 1h'],
    [{ build: { idle: '90m' } }, 'build.idle is 90m; the policy allows at most 1h'],
    [{ build: { memory: '64g' } }, 'build.memory is 64g; the policy allows at most 6g'],
    [{ job: { timeout: '7d' } }, 'job.timeout is 7d; the policy allows at most 24h'],
    [{ job: { retries: 9 } }, 'job.retries is 9; the policy allows at most 3'],
    [{ job: { compute: { pool: 'huge' } } }, 'job.compute.pool is "huge"; the policy allows default'],
    [{ job: { run_as: 'root' } }, 'job.run_as is "root"; the policy allows none'],
    [{ build: { egress: ['npm'] } }, 'build.egress is "npm"; the policy allows maven, pypi'],
    [{ targets: { prod: { workspace: 'prod' } } }, 'targets.prod.workspace is "prod"; the policy allows local'],
    [
      { operation: { notify: [{ webhook: 'http://169.254.169.254/x' }] } },
      'operation.notify.webhook is "169.254.169.254"; the policy allows none',
    ],
    [
      { job: { databricks: { queue: { enabled: true } } } },
      'job.databricks.queue is set; the policy allows it to be said by operation.gates only',
    ],
  ])('refuses %j and names claim, value and bound', (claims, expected) => {
    expect(refusal(claims, policy).message).toContain(expected);
  });

  it('refuses a more urgent priority than allowed', () => {
    const strict = Policy.parse({ priority: 3 });
    expect(refusal({ operation: { gates: { priority: 1 } } }, strict).message).toContain(
      'priority is 1; the policy allows 3 or more',
    );
  });

  it('lists every claim at once', () => {
    const error = refusal({ build: { timeout: '2h', memory: '64g' } }, policy);
    expect(error.data?.['claims']).toHaveLength(2);
  });

  it('allows a callback host with and without its port', () => {
    const open = Policy.parse({ callbacks: ['127.0.0.1:9000', 'hooks.example.org'] });
    const notify = [{ webhook: 'http://127.0.0.1:9000/x' }, { webhook: 'https://hooks.example.org/y' }];
    expect(() => checkPolicy(PipelineFile.parse({ pipeline: 'p', operation: { notify } }), open)).not.toThrow();
  });
});

function refusal(claims: object, bounds: Policy): SlowLaneError {
  try {
    checkPolicy(PipelineFile.parse({ pipeline: 'p', ...claims }), bounds);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'pipeline.policy') return error;
    throw error;
  }
  throw new Error('was not refused');
}
