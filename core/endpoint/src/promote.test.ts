import type { NewEvent, Registration } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { digest } from './testing/callers.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();
const targets = { dev: { workspace: 'local' }, prod: { workspace: 'prod', promote: 'manual' } };

async function registeredInDev() {
  const told: NewEvent[] = [];
  const promoted: [string, string][] = [];
  const served = await serve((memory) => ({
    tell: async (event) => told.push(event),
    async promote(buildId, target) {
      promoted.push([buildId, target]);
      const source = memory.state.registrations.find((one) => one.buildId === buildId) as Registration;
      return { ...source, id: 'reg_01J0000000000000000000000P', target, workspace: 'prod', jobId: '99' };
    },
  }));
  served.addPipeline('daily-sales', { file: { targets } });
  for (const letter of ['a', 'b']) {
    const made = served.register('daily-sales');
    made.buildId = `bld_01J0000000000000000000000${letter.toUpperCase()}`;
    made.set = { ...made.set, digest: digest(letter) };
  }
  const promote = (payload: object, who: 'author' | 'read' = 'author') =>
    served.call(who, 'POST', '/v1/pipelines/daily-sales/promote', { payload });
  return { ...served, told, promoted, promote };
}

describe('promotion', () => {
  it('registers what the other target has, and tells', async () => {
    const { promote, promoted, told } = await registeredInDev();
    const answer = await promote({ target: 'prod' });
    expect(answer.json()).toMatchObject({ target: 'prod', workspace: 'prod', artifact: digest('b'), jobId: '99' });
    expect(promoted).toEqual([['bld_01J0000000000000000000000B', 'prod']]);
    expect(told).toMatchObject([{ type: 'pipeline.promoted', data: { target: 'prod', artifact: digest('b') } }]);
  });

  it('takes an earlier artifact by digest or build', async () => {
    const { promote, promoted } = await registeredInDev();
    await promote({ target: 'prod', artifact: digest('a').slice(0, 15) });
    await promote({ target: 'prod', artifact: 'bld_01J0000000000000000000000A' });
    expect(promoted.map(([build]) => build.at(-1))).toEqual(['A', 'A']);
  });

  it('is refused where there is nothing, no such target, and no right', async () => {
    const { promote } = await registeredInDev();
    expect((await promote({ target: 'prod', artifact: `sha256:${'f'.repeat(64)}` })).json()).toMatchObject({
      code: 'pipeline.no-promotion',
      status: 409,
    });
    expect((await promote({ target: 'moon' })).json().detail).toContain('"moon" is none of the targets');
    expect((await promote({ target: 'prod' }, 'read')).statusCode).toBe(403);
  });
});
