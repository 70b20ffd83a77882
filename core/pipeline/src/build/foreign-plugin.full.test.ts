import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canStartGoBuilder,
  type GoBuilder,
  goExample,
  goWithModule,
  startGoBuilder,
} from '../__fixtures__/go-builder.ts';

/** Each case compiles Go's standard library anew: too long for every run. */
describe.skipIf(!(await canStartGoBuilder()))('a stranger’s plugin for Go (needs a Go), in full', () => {
  let go: GoBuilder;
  beforeAll(async () => {
    go = await startGoBuilder();
  }, 60_000);
  afterAll(() => go.close());

  it('resolves modules through the gateway alone, builds again without network, to the same bytes', async () => {
    const first = await go.lane(goWithModule(go.proxy.goSum));
    expect(first.failure, go.log(first.id)).toBeUndefined();
    expect(go.proxy.asked).toContain('/example.org/words/@v/v1.0.0.zip');
    const asked = go.proxy.asked.length;
    const second = await go.lane({ ...goWithModule(go.proxy.goSum), 'NOTES.md': 'another tree' });
    expect(second.failure, go.log(second.id)).toBeUndefined();
    expect(go.log(second.id)).toMatch(/dependencies known/);
    expect(go.proxy.asked).toHaveLength(asked);
    expect(second.found.set?.digest).toBe(first.found.set?.digest);
  }, 600_000);

  it('refuses a module whose bytes are not those of go.sum', async () => {
    const record = await go.lane(goWithModule(go.proxy.goSum.replaceAll(/h1:..../g, 'h1:AAAA')));
    expect(record.failure?.code, go.log(record.id)).toBe('build.dependency');
    expect(go.log(record.id)).toMatch(/checksum mismatch/);
  }, 300_000);

  it('tells failed tests, broken code and a coverage that is too low apart', async () => {
    const test = 'package main\n\nimport "testing"\n\nfunc TestNo(t *testing.T) { t.Fatal("no") }\n';
    const failing = await go.lane({ ...goExample(), 'zones_test.go': test });
    expect(failing.failure, go.log(failing.id)).toMatchObject({
      code: 'build.tests-failed',
      message: expect.stringMatching(/1 of 1 tests failed/) as string,
    });
    const broken = await go.lane({ ...goExample(), 'zones.go': 'package main\n\nfunc count( {}\n' });
    expect(broken.failure?.code).toBe('build.failed');
    const low = await go.lane(goExample(), 'build: { coverage: { minimum: 99 } }\n');
    expect(low.failure?.code, go.log(low.id)).toBe('build.coverage-low');
  }, 600_000);
});
