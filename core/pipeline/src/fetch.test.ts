import { Policy } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { putBytes } from '@slowlane/artifacts';
import { shellPlugin, stageRig } from './__fixtures__/stage-rig.ts';

const unplanned = shellPlugin(() => {
  throw new Error('not planned in this test');
});
const push = { kind: 'push', pushId: 'push_1' } as const;

describe('the fetch stage', () => {
  it('stores the pipeline file of the repository as a revision', async () => {
    const rig = stageRig({ shell: unplanned });
    const text = 'pipeline: demo\njob: { timeout: 2h }\n';
    const id = await rig.start({ 'demo.toml': '', '.slowlane/demo.yaml': text }, push);
    const record = await rig.runTo(id, 'fetch');
    expect(record.failure).toBeUndefined();
    expect(record.found.revision).toBe(1);
    expect(await rig.deps.pipelines.get('demo')).toMatchObject({ origin: 'repository', text, by: 'author' });
    expect(rig.builds.text(id)).toMatch(
      /==> fetch +demo\.tar \(2 files\); pipeline file: \.slowlane\/demo\.yaml, revision 1/,
    );
  });

  it('follows the file when it changes in the repository', async () => {
    const rig = stageRig({ shell: unplanned });
    await rig.runTo(await rig.start({ '.slowlane/demo.yaml': 'pipeline: demo\n' }, push), 'fetch');
    const changed = 'pipeline: demo\njob: { retries: 1 }\n';
    const record = await rig.runTo(await rig.start({ '.slowlane/demo.yaml': changed }, push, { revision: 1 }), 'fetch');
    expect(record.found.revision).toBe(2);
  });

  it('prefers what was applied by hand', async () => {
    const rig = stageRig({ shell: unplanned });
    const { PipelineFile } = await import('@slowlane/contracts');
    const file = PipelineFile.parse({ pipeline: 'demo', job: { retries: 2 } });
    await rig.deps.pipelines.put({ name: 'demo', file, text: 'applied', origin: 'applied', by: 'admin' });
    const id = await rig.start({ '.slowlane/demo.yaml': 'pipeline: demo\n' }, push);
    const record = await rig.runTo(id, 'fetch');
    expect(record.found.revision).toBe(1);
    expect(rig.builds.text(id)).toMatch(/revision 1, applied/);
  });

  it('says how to add the file when a push has none', async () => {
    const rig = stageRig({ shell: unplanned });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }, push), 'fetch');
    expect(record.failure).toMatchObject({
      code: 'pipeline.not-found',
      hint: expect.stringMatching(/Add \.slowlane\/demo\.yaml with the line "pipeline: demo"/),
    });
  });

  it('says so when the file names another pipeline, and when several files name none', async () => {
    const rig = stageRig({ shell: unplanned });
    const other = await rig.runTo(await rig.start({ '.slowlane/x.yaml': 'pipeline: other\n' }, push), 'fetch');
    expect(other.failure?.message).toBe('.slowlane/x.yaml: pipeline is "other", but it is applied as "demo"');
    const files = { '.slowlane/x.yaml': 'pipeline: x\n', '.slowlane/y.yaml': 'pipeline: y\n' };
    const several = await rig.runTo(await rig.start(files, push), 'fetch');
    expect(several.failure?.message).toMatch(
      /none of \.slowlane\/x\.yaml, \.slowlane\/y\.yaml names the pipeline "demo"/,
    );
  });

  it('refuses a broken file with its place, and one above the policy', async () => {
    const rig = stageRig({ shell: unplanned }, { policy: Policy.parse({ concurrency: 2 }) });
    const broken = await rig.runTo(
      await rig.start({ '.slowlane/demo.yaml': 'pipeline: demo\nbulid: {}\n' }, push),
      'fetch',
    );
    expect(broken.failure).toMatchObject({
      code: 'pipeline.unknown-key',
      message: '.slowlane/demo.yaml:2:1: unknown key "bulid"; did you mean "build"?',
    });
    const text = 'pipeline: demo\noperation: { gates: { concurrency: 3 } }\n';
    const greedy = await rig.runTo(await rig.start({ '.slowlane/demo.yaml': text }, push), 'fetch');
    expect(greedy.failure?.code).toBe('pipeline.policy');
  });

  it('lets a build that registers nothing go without a file, with one of the repository or one that came along, and stores no revision', async () => {
    const rig = stageRig({ shell: unplanned });
    const none = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'fetch');
    expect(none.found.snapshot).toBeDefined();
    const own = await rig.runTo(
      await rig.start({ 'demo.toml': '', '.slowlane/d.yaml': 'pipeline: named-otherwise\n' }),
      'fetch',
    );
    expect(own.found.pipelineFile).toBeDefined();
    const { digest } = await putBytes(rig.deps.blobs, 'pipeline: came-along\n');
    const given = await rig.runTo(
      await rig.start({ 'demo.toml': '' }, { kind: 'build-only' }, { pipelineFile: digest }),
      'fetch',
    );
    expect(given.found.pipelineFile).toBe(digest);
    expect(await rig.deps.pipelines.list()).toEqual([]);
  });

  it('builds the folder that source.path names', async () => {
    const rig = stageRig({ shell: unplanned });
    const text = 'pipeline: demo\nsource: { path: jobs/one }\n';
    const files = { '.slowlane/demo.yaml': text, 'jobs/one/demo.toml': '', 'jobs/two/other': '' };
    const id = await rig.start(files, push);
    const record = await rig.runTo(id, 'detect');
    expect(record.found.plugin).toBe('shell');
    expect(rig.builds.text(id)).toMatch(/\(1 files\)/);
    const missing = await rig.runTo(
      await rig.start({ ...files, '.slowlane/demo.yaml': text.replace('one', 'three') }, push),
      'fetch',
    );
    expect(missing.failure?.code).toBe('source.not-found');
  });

  it('throws a temporary failure so that it is tried again, and leaves the build alive', async () => {
    const { SlowLaneError } = await import('@slowlane/contracts');
    const mirror = () => Promise.reject(new SlowLaneError('source.unreachable', 'no answer'));
    const rig = stageRig({ shell: unplanned }, { mirror });
    const id = await rig.start({}, push, { source: { kind: 'git', url: 'https://example.org/x.git', ref: 'main' } });
    await expect(rig.stages.fetch(id, new AbortController().signal)).rejects.toThrow('no answer');
    expect((await rig.builds.get(id))?.state).toBe('fetching');
  });

  it('does nothing for a build that has ended or is unknown', async () => {
    const rig = stageRig({ shell: unplanned });
    const id = await rig.start({ 'demo.toml': '' });
    await rig.builds.cancel(id);
    await rig.stages.fetch(id, new AbortController().signal);
    await rig.stages.fetch('bld_unknown', new AbortController().signal);
    expect((await rig.builds.get(id))?.state).toBe('cancelled');
  });
});
