import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canStartGoBuilder,
  type GoBuilder,
  goExample,
  goWithModule,
  startGoBuilder,
} from '../__fixtures__/go-builder.ts';
import { stageRig } from '../__fixtures__/stage-rig.ts';

/** A language that Slow Lane does not know: its plugin, its toolchain and its registry come from outside. */
describe.skipIf(!(await canStartGoBuilder()))('a stranger’s plugin for Go (needs a Go)', () => {
  let go: GoBuilder;
  beforeAll(async () => {
    go = await startGoBuilder();
  }, 60_000);
  afterAll(() => go.close());

  it('builds, tests and registers the example as a wheel', async () => {
    const record = await go.lane(goExample());
    expect(record.failure, go.log(record.id)).toBeUndefined();
    expect(record.found).toMatchObject({ plugin: 'go', tests: { passed: 2, failed: 0 }, set: { kind: 'wheel' } });
    expect([...go.rig.workspace.jobs.values()].at(-1)).toMatchObject({
      tasks: [{ python_wheel_task: { package_name: 'report', entry_point: 'report' } }],
    });
  }, 300_000);

  it('needs what it declares: without the toolchain, or with the registry forbidden, a build says so', async () => {
    const toolchains = (go.builder.deps.toolchains ?? []).filter(({ name }) => name !== 'go');
    const bare = stageRig({}, { ...go.builder.deps, toolchains });
    expect((await go.lane(goExample(), '', bare)).failure).toMatchObject({
      code: 'toolchain.missing',
      message: expect.stringContaining('go 1.19 (go.mod)') as string,
    });
    const closed = stageRig({}, go.builder.deps);
    expect((await go.lane(goWithModule(go.proxy.goSum), '', closed)).failure?.code).toBe('build.egress-denied');
  }, 120_000);
});
