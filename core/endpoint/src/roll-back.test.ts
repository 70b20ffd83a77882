import { describe, expect, it } from 'vitest';
import type { NewEvent } from '@slowlane/contracts';
import { digest } from './testing/callers.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

/** Three artifacts registered one after the other: a, b, c. */
async function threeArtifacts(deleted?: string) {
  const told: NewEvent[] = [];
  const served = await serve(() => ({
    tell: async (event) => told.push(event),
    jobExists: async ({ jobId }) => jobId !== deleted,
  }));
  const text = 'pipeline: daily-sales\n';
  const headers = { 'content-type': 'text/yaml' };
  await served.call('author', 'PUT', '/v1/pipelines/daily-sales', { payload: text, headers });
  for (const letter of ['a', 'b', 'c']) {
    const made = served.register('daily-sales');
    const buildId = `bld_01J0000000000000000000000${letter.toUpperCase()}`;
    Object.assign(made, { id: `reg_${letter}`, jobId: `job-${letter}`, buildId });
    made.set = { ...made.set, digest: digest(letter) };
  }
  const rollBack = (payload: object, who: 'author' | 'read' = 'author') =>
    served.call(who, 'POST', '/v1/pipelines/daily-sales/rollback', { payload });
  return { ...served, told, rollBack };
}

describe('rollback', () => {
  it('registers the artifact before the current one again, and tells', async () => {
    const { call, rollBack, told, state } = await threeArtifacts();
    const answer = await rollBack({});
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ target: 'dev', from: digest('c'), to: digest('b'), jobId: 'job-b' });
    expect((await call('read', 'GET', '/v1/pipelines/daily-sales')).json().registration).toMatchObject({
      artifact: digest('b'),
      jobId: 'job-b',
      id: answer.json().registrationId,
    });
    expect(told).toMatchObject([
      { type: 'pipeline.rolled-back', data: { target: 'dev', from: digest('c'), to: digest('b'), by: 'author' } },
    ]);
    expect(state.registrations).toHaveLength(4);
  });

  it('pins new requests to the earlier artifact and leaves those that were accepted as they are', async () => {
    const { call, rollBack, state } = await threeArtifacts();
    const create = () => call('client', 'POST', '/v1/requests', { payload: { operation: 'daily-sales', body: {} } });
    const before = (await create()).json().id;
    await rollBack({ to: digest('a') });
    const after = (await create()).json().id;
    const artifactOf = (id: string) => state.requests.get(id)?.pin.artifact;
    expect([artifactOf(before), artifactOf(after)]).toEqual([digest('c'), digest('a')]);
  });

  it('finds the artifact by its build, too', async () => {
    const { rollBack } = await threeArtifacts();
    expect((await rollBack({ to: 'bld_01J0000000000000000000000A' })).json().to).toBe(digest('a'));
  });

  it.each([
    [{ to: `sha256:${'9'.repeat(64)}` }, 409, 'never registered'],
    [{ to: digest('c') }, 409, 'is the current artifact'],
    [{ target: 'prod' }, 400, 'none of the targets'],
    [{ to: 'yesterday' }, 400, 'to'],
  ])('is refused for %o', async (payload, status, words) => {
    const { rollBack, state } = await threeArtifacts();
    const answer = await rollBack(payload);
    expect(answer.statusCode).toBe(status);
    expect(JSON.stringify(answer.json())).toContain(words);
    expect(state.registrations).toHaveLength(3);
  });

  it('is refused for a job that somebody has deleted, and without the scope', async () => {
    const { rollBack, state } = await threeArtifacts('job-b');
    expect((await rollBack({})).json()).toMatchObject({ code: 'pipeline.no-rollback' });
    expect((await rollBack({}, 'read')).json().code).toBe('auth.scope');
    expect(state.registrations).toHaveLength(3);
  });
});
