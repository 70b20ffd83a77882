import { putBytes, putJson, artifactSetOf } from '@slowlane/artifacts';
import {
  type ArtifactManifest,
  type BuildFindings,
  type BuildRecord,
  PipelineFile,
  SlowLaneError,
} from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { checkCompute } from './check-compute.ts';
import { createPromotion } from './promote-build.ts';
import { shellPlugin, stageRig, type StageRig } from './__fixtures__/stage-rig.ts';

const shell = shellPlugin(() => {
  throw new Error('not planned in this test');
});
const push = { kind: 'push', pushId: 'push_1' } as const;

describe('publish', () => {
  it('uploads the set to a folder named by its digest, once', async () => {
    const rig = await builtRig();
    const record = await publishAndRegister(rig, await builtBuild(rig));
    const folder = `/Volumes/main/slowlane/artifacts/${record.found.set!.digest.slice(7)}`;
    expect([...rig.workspace.files.keys()]).toEqual([`${folder}/main.py`, `${folder}/lib.whl`]);
    expect(record.found.published).toEqual({ 'main.py': `${folder}/main.py`, 'lib.whl': `${folder}/lib.whl` });
    await publishAndRegister(rig, await builtBuild(rig));
    expect(rig.workspace.uploads).toHaveLength(2);
  });

  it('goes on where a half-done upload was', async () => {
    const rig = await builtRig();
    const id = await builtBuild(rig);
    const set = (await rig.builds.get(id))!.found.set!;
    rig.workspace.files.set(`/Volumes/main/slowlane/artifacts/${set.digest.slice(7)}/main.py`, Buffer.from('print(1)'));
    await publishAndRegister(rig, id);
    expect(rig.workspace.uploads).toEqual([expect.stringMatching(/lib\.whl$/)]);
  });
});

describe('register', () => {
  it('makes a job that only our gate queues and only our keeper retries', async () => {
    const rig = await builtRig({
      job: {
        timeout: '90s',
        retries: 2,
        memory: '3g',
        spark_conf: { 'spark.sql.shuffle.partitions': '4' },
        env: { REGION: 'eu' },
        tags: { owner: 'sales' },
        databricks: { description: 'raw', health: { rules: [] } },
      },
    });
    const record = await publishAndRegister(rig, await builtBuild(rig));
    expect(record.state).toBe('registered');
    expect(record.found.registrations).toMatchObject([{ target: 'dev', workspace: 'local', jobId: '1' }]);
    const settings = rig.workspace.jobs.get('1')!;
    expect(settings).toMatchObject({
      description: 'raw',
      max_concurrent_runs: 1_000,
      queue: { enabled: false },
      timeout_seconds: 90,
      parameters: [
        { name: 'request', default: '' },
        { name: 'result', default: '' },
      ],
      tags: { owner: 'sales', pipeline: 'demo', artifact: record.found.set!.digest.slice(7) },
      tasks: [
        {
          max_retries: 0,
          job_cluster_key: 'main',
          libraries: [{ whl: expect.stringMatching(/lib\.whl$/) }],
          spark_python_task: {
            python_file: expect.stringMatching(/main\.py$/),
            parameters: ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'],
          },
        },
      ],
      job_clusters: [
        {
          new_cluster: {
            num_workers: 0,
            spark_version: '17.3.x-scala2.13',
            spark_conf: { 'spark.sql.shuffle.partitions': '4', 'spark.driver.memory': '3g' },
            spark_env_vars: { REGION: 'eu' },
          },
        },
      ],
    });
    expect(rig.registrations.all()).toMatchObject([
      {
        pipeline: 'demo',
        target: 'dev',
        jobId: '1',
        revision: 1,
        buildId: record.id,
        timeoutMs: 90_000,
        retries: 2,
        pool: 'default',
      },
    ]);
  });

  it('registers nothing new for the same settings, and asks no plugin', async () => {
    const rig = await builtRig();
    const first = await publishAndRegister(rig, await builtBuild(rig));
    const before = rig.plugins.calls.length;
    const second = await publishAndRegister(rig, await builtBuild(rig));
    expect(second.found.registrations).toEqual(first.found.registrations);
    expect(rig.workspace.jobs.size).toBe(1);
    expect(rig.registrations.all()).toHaveLength(1);
    expect(rig.plugins.calls.slice(before).filter((call) => call !== 'manifests')).toEqual([]);
  });

  it('makes an older artifact the current one again, with its own job', async () => {
    const rig = await builtRig();
    await publishAndRegister(rig, await builtBuild(rig, 'print(1)'));
    await publishAndRegister(rig, await builtBuild(rig, 'print(2)'));
    const third = await publishAndRegister(rig, await builtBuild(rig, 'print(1)'));
    expect(rig.workspace.jobs.size).toBe(2);
    expect(await rig.registrations.current('demo', 'dev')).toMatchObject({ jobId: '1', buildId: third.id });
  });

  it('makes the job again when somebody deleted it', async () => {
    const rig = await builtRig();
    await publishAndRegister(rig, await builtBuild(rig));
    rig.workspace.jobs.clear();
    rig.workspace.jobs.set('other', { name: 'other' });
    await publishAndRegister(rig, await builtBuild(rig));
    expect(await rig.registrations.current('demo', 'dev')).toMatchObject({ jobId: '2' });
  });

  it('finds the job whose creation was answered to nobody', async () => {
    const rig = await builtRig();
    rig.workspace.onCreated = () => {
      throw new SlowLaneError('workspace.unavailable', 'the connection was lost');
    };
    const id = await builtBuild(rig);
    await rig.stages.publish(id, new AbortController().signal);
    await rig.builds.confirmPush(id, 'completed');
    await expect(rig.stages.register(id, new AbortController().signal)).rejects.toThrow('the connection was lost');
    await rig.stages.register(id, new AbortController().signal);
    expect((await rig.builds.get(id))?.state).toBe('registered');
    expect(rig.workspace.jobs.size).toBe(1);
  });

  it('registers nothing for a push that git did not take', async () => {
    const rig = await builtRig();
    const id = await builtBuild(rig);
    await rig.stages.publish(id, new AbortController().signal);
    await rig.builds.confirmPush(id, 'aborted');
    await rig.stages.register(id, new AbortController().signal);
    expect((await rig.builds.get(id))?.state).toBe('built');
    expect(rig.builds.text(id)).toMatch(/built, but the push was not completed: nothing is registered/);
    expect(rig.workspace.jobs.size).toBe(0);
  });

  it('leaves targets that are promoted by hand alone', async () => {
    const rig = await builtRig({
      targets: { dev: { workspace: 'local' }, prod: { workspace: 'local', promote: 'manual' } },
    });
    const record = await publishAndRegister(rig, await builtBuild(rig));
    expect(record.found.registrations?.map((one) => one.target)).toEqual(['dev']);
  });

  it('declares the gate limit of the pipeline', async () => {
    const declared: unknown[] = [];
    const rig = await builtRig({ operation: { gates: { concurrency: 2 } } }, async ({ name, file }) => {
      declared.push([name, file.operation.gates.concurrency]);
    });
    await publishAndRegister(rig, await builtBuild(rig));
    expect(declared).toEqual([['demo', 2]]);
  });
});

describe('promotion', () => {
  it('publishes and registers the same bytes for a target that waits for a person', async () => {
    const rig = await builtRig({
      targets: { dev: { workspace: 'local' }, prod: { workspace: 'local', promote: 'manual' } },
    });
    const record = await publishAndRegister(rig, await builtBuild(rig));
    const uploads = rig.workspace.uploads.length;
    const promote = createPromotion(rig.deps);
    const registration = await promote(record, 'prod', new AbortController().signal);
    expect(registration).toMatchObject({ target: 'prod', buildId: record.id, set: record.found.set });
    expect((await rig.deps.registrations.current('demo', 'prod'))?.id).toBe(registration.id);
    expect((await promote(record, 'prod', new AbortController().signal)).jobId).toBe(registration.jobId);
    expect(rig.workspace.uploads).toHaveLength(uploads);
    await expect(promote(record, 'moon', new AbortController().signal)).rejects.toMatchObject({
      code: 'pipeline.no-promotion',
    });
  });
});

describe('compute', () => {
  it('is left to the workspace in a serverless pool, with wheels as dependencies', async () => {
    const rig = await builtRig({ job: { compute: { pool: 'any' } } });
    rig.deps.pools['any'] = { kind: 'serverless' };
    await publishAndRegister(rig, await builtBuild(rig));
    const settings = rig.workspace.jobs.get('1')!;
    expect(settings).not.toHaveProperty('job_clusters');
    expect(settings).toMatchObject({
      tasks: [{ environment_key: 'main' }],
      environments: [
        {
          environment_key: 'main',
          spec: { environment_version: '4', dependencies: [expect.stringMatching(/lib\.whl$/)] },
        },
      ],
    });
    expect(settings).not.toHaveProperty('tasks.0.libraries');
  });

  it('is refused where serverless compute cannot run the job', () => {
    const file = PipelineFile.parse({ pipeline: 'demo', job: { compute: { pool: 'any' }, env: { A: 'b' } } });
    const pool = { kind: 'serverless' };
    expect(() => checkCompute({ file, manifest: { kind: 'jar' } }, pool)).toThrow('not an artifact of kind "jar"');
    expect(() => checkCompute({ file, manifest: { kind: 'wheel' } }, pool)).toThrow('takes no environment variables');
    expect(() => checkCompute({ file, manifest: { kind: 'jar' } }, { num_workers: 1 })).not.toThrow();
  });

  it('says in the registration that runs share warm clusters', async () => {
    const rig = await builtRig({ job: { compute: { pool: 'default', reuse: true } } });
    const record = await publishAndRegister(rig, await builtBuild(rig));
    const id = record.found.registrations![0]!.registrationId;
    expect(await rig.deps.registrations.get(id)).toMatchObject({ reuse: true, pool: 'default' });
  });
});

async function builtRig(
  file: object = {},
  declareLimits: StageRig['deps']['declareLimits'] = async () => undefined,
): Promise<StageRig> {
  const rig = stageRig({ shell }, { declareLimits });
  const parsed = PipelineFile.parse({ pipeline: 'demo', ...file });
  await rig.deps.pipelines.put({ name: 'demo', file: parsed, text: 'pipeline: demo', origin: 'applied', by: 'admin' });
  return rig;
}

/** A build as the inspect stage leaves it. */
async function builtBuild(rig: StageRig, program = 'print(1)'): Promise<string> {
  const id = await rig.start({ 'demo.toml': program }, push, { revision: 1 });
  const primary = { name: 'main.py', ...(await putBytes(rig.deps.blobs, program)) };
  const library = { name: 'lib.whl', ...(await putBytes(rig.deps.blobs, 'lib')) };
  const manifest: ArtifactManifest = {
    plugin: 'shell',
    kind: 'python-script',
    main: 'main.py',
    mainCandidates: [],
    spark: 'none',
  };
  const found: Partial<BuildFindings> = {
    revision: 1,
    plugin: 'shell',
    set: artifactSetOf('python-script', primary, [library]),
    manifest: (await putJson(rig.deps.blobs, manifest)).digest,
  };
  await rig.builds.advance(id, 'inspecting', found);
  return id;
}

async function publishAndRegister(rig: StageRig, id: string): Promise<BuildRecord> {
  await rig.stages.publish(id, new AbortController().signal);
  expect((await rig.builds.get(id))?.state).toBe('published');
  await rig.builds.confirmPush(id, 'completed');
  await rig.stages.register(id, new AbortController().signal);
  return (await rig.builds.get(id))!;
}
