import { describe, expect, it } from 'vitest';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

async function served() {
  const { call, addPipeline, state } = await serve();
  addPipeline('daily-sales', { file: { source: { git: 'https://example.org/acme/sales.git', ref: 'release' } } });
  addPipeline('pushed', {});
  const build = (name: string, payload: object = {}, who: 'admin' | 'author' | 'read' = 'author') =>
    call(who, 'POST', `/v1/pipelines/${name}/builds`, { payload });
  return { build, state };
}

describe('POST /v1/pipelines/:name/builds', () => {
  it('builds what the file names, under its newest revision, to be registered', async () => {
    const { build, state } = await served();
    const answer = await build('daily-sales');
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ pipeline: 'daily-sales', state: 'queued', purpose: 'register' });
    expect(answer.headers['location']).toBe(`http://127.0.0.1:8080/v1/builds/${answer.json().id}`);
    expect(state.builds.get(answer.json().id)).toMatchObject({
      source: { kind: 'git', url: 'https://example.org/acme/sales.git', ref: 'release' },
      revision: 1,
      principal: 'author',
      correlationId: answer.headers['correlation-id'],
    });
  });

  it('takes another ref, and builds anew when asked to', async () => {
    const { build, state } = await served();
    const answer = await build('daily-sales', { ref: 'v1.2', refresh: true });
    expect(state.builds.get(answer.json().id)).toMatchObject({ source: { ref: 'v1.2' }, refresh: true });
  });

  it('is refused without a source in the file, without the right to push, and for no pipeline', async () => {
    const { build, state } = await served();
    const answer = await build('pushed', {}, 'admin');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'request.invalid', hint: expect.stringContaining('/git/pushed.git') });
    expect((await build('daily-sales', {}, 'read')).json()).toMatchObject({ code: 'auth.scope' });
    expect((await build('nothing', {}, 'admin')).json()).toMatchObject({ code: 'pipeline.not-found' });
    expect(state.builds.size).toBe(0);
  });
});
