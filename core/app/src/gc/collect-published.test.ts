import { Readable } from 'node:stream';
import { type Registration, SlowLaneError } from '@slowlane/contracts';
import { createDatabricksClient, type DatabricksClient } from '@slowlane/databricks';
import { createMemoryLogger, sampleRegistration } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startConformanceWorkspace } from '../conformance/__fixtures__/conformance-workspace.ts';
import { collectPublished } from './collect-published.ts';
import { noLongerWanted } from './still-wanted.ts';

const DAY = 86_400_000;
const now = 100 * DAY;
const base = '/Volumes/main/slowlane/artifacts';
const notebookBase = '/Workspace/Shared/slowlane/artifacts';
const tasks = [
  {
    task_key: 'main',
    new_cluster: { spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' },
    spark_python_task: { python_file: '/Workspace/a.py' },
  },
];
const options = { now, graceMs: 7 * DAY };

function registered(index: number, more: Partial<Registration> = {}): Registration {
  const digest = `sha256:${String(index).padStart(64, '0')}` as const;
  const set = { digest, kind: 'jar' as const, primary: { name: 'a.jar', digest, size: 3 }, companions: [] };
  return { ...sampleRegistration(), id: `reg_${index}`, jobId: String(index), set, at: index * DAY, ...more };
}

describe('noLongerWanted', () => {
  const seven = [7, 6, 5, 4, 3, 2, 1].map((index) => registered(index));
  const idsOf = (all: Registration[], pinned: string[] = []) =>
    noLongerWanted({ all, pinned: new Set(pinned) }, options).map(({ id }) => id);

  it('keeps five artifacts of each pipeline and target, however often they were registered', () => {
    expect(idsOf(seven)).toEqual(['reg_2', 'reg_1']);
    const again = registered(8, { set: (seven[0] as Registration).set });
    expect(idsOf([again, ...seven])).toEqual(['reg_2', 'reg_1']);
    expect(idsOf(seven.map((one, index) => ({ ...one, target: `t${index % 2}` })))).toEqual([]);
  });

  it('keeps what runs, what is young, and what shares a job with something kept', () => {
    expect(idsOf(seven, ['reg_1'])).toEqual(['reg_2']);
    expect(idsOf(seven.map((one) => ({ ...one, at: now - DAY })))).toEqual([]);
    expect(idsOf([...seven.slice(0, 6), registered(1, { jobId: '7' })])).toEqual(['reg_2']);
  });
});

describe('collectPublished', () => {
  let workspace: Awaited<ReturnType<typeof startConformanceWorkspace>>;
  let client: DatabricksClient;
  beforeEach(async () => {
    workspace = await startConformanceWorkspace();
    const { host, token } = workspace;
    client = createDatabricksClient({ host, auth: { token }, userAgent: 'test', logger: createMemoryLogger() });
  });
  afterEach(() => workspace.close());

  async function publish(index: number, tags: Record<string, string> = { slowlane: 'x' }): Promise<Registration> {
    const { jobId } = await client.jobs.create({ name: `job ${index}`, tags, tasks });
    const registration = registered(index, { jobId, workspace: 'local' });
    const path = `${base}/${registration.set.digest.slice(7)}/a.jar`;
    await client.files.upload(path, () => Readable.from([Buffer.from('JAR')]), { size: 3, overwrite: false });
    return registration;
  }
  const collect = (all: Registration[], dryRun = false) =>
    collectPublished({
      ...options,
      registrations: { all, pinned: new Set() },
      base,
      notebookBase,
      client: () => client,
      dryRun,
    });
  const left = async () => ({
    jobs: (await client.jobs.list()).map(({ settings }) => settings['name']).sort(),
    folders: (await client.files.list(base)).map(({ name }) => Number(name)).sort(),
  });

  it('deletes the jobs and files of old registrations and nothing else; a dry run touches nothing', async () => {
    const all: Registration[] = [];
    for (const index of [7, 6, 5, 4, 3, 2, 1]) all.push(await publish(index));
    const stranger = await client.jobs.create({ name: 'of somebody else', tasks });
    const before = await left();
    const found = { jobs: 2, artifacts: 2, bytes: 6, unreachable: [] };
    expect(await collect(all, true)).toEqual(found);
    expect(await left()).toEqual(before);
    expect(await collect(all)).toEqual(found);
    expect(await left()).toEqual({
      jobs: ['job 3', 'job 4', 'job 5', 'job 6', 'job 7', 'of somebody else'],
      folders: [3, 4, 5, 6, 7],
    });
    expect(await collect(all)).toEqual({ ...found, jobs: 0, artifacts: 0, bytes: 0 });
    expect((await client.jobs.get(stranger.jobId)).jobId).toBe(stranger.jobId);
  });

  it('leaves a job alone that is not ours, and files that another pipeline runs', async () => {
    const all: Registration[] = [];
    for (const index of [7, 6, 5, 4, 3, 2]) all.push(await publish(index));
    const foreign = await publish(1, { team: 'other' });
    const shared = { ...(all[0] as Registration), id: 'reg_other', pipeline: 'other', set: foreign.set };
    expect(await collect([...all, foreign, shared])).toMatchObject({ jobs: 1, artifacts: 1 });
    const { jobs, folders } = await left();
    expect(jobs).toContain('job 1');
    expect(folders).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it('deletes the imported notebooks of old registrations, and those of no others', async () => {
    const all: Registration[] = [];
    for (const index of [7, 6, 5, 4, 3, 2, 1]) all.push(await publish(index));
    const folderOf = (index: number) => `${notebookBase}/${(all[7 - index] as Registration).set.digest.slice(7)}`;
    for (const index of [3, 2]) {
      await client.workspace.mkdirs(`${folderOf(index)}/lib`);
      const content = Buffer.from('print(1)\n');
      await client.workspace.import({ path: `${folderOf(index)}/lib/n`, content, overwrite: true, language: 'PYTHON' });
    }
    // The workspace shows its paths in the short form.
    const imported = async () => (await client.workspace.list(notebookBase)).map(({ path }) => `/Workspace${path}`);
    expect(await collect(all, true)).toMatchObject({ artifacts: 2 });
    expect(await imported()).toEqual([folderOf(2), folderOf(3)]);
    expect(await collect(all)).toMatchObject({ artifacts: 2, bytes: 6 });
    expect(await imported()).toEqual([folderOf(3)]);
    expect(await client.workspace.list(`${folderOf(3)}/lib`)).toMatchObject([
      { path: `${folderOf(3)}/lib/n`.replace('/Workspace', ''), type: 'NOTEBOOK' },
    ]);
    expect(await collect(all)).toMatchObject({ artifacts: 0 });
  });

  it('goes on where a workspace is not known any more, and says so', async () => {
    const all = [7, 6, 5, 4, 3, 2, 1].map((index) => registered(index, { workspace: 'gone' }));
    const found = await collectPublished({
      ...{ ...options, registrations: { all, pinned: new Set<string>() }, base, notebookBase, dryRun: false },
      client: () => {
        throw new SlowLaneError('config.invalid', 'no workspace "gone" in slowlane.yaml');
      },
    });
    expect(found).toMatchObject({ jobs: 0, artifacts: 0, unreachable: [{ workspace: 'gone' }] });
  });
});
