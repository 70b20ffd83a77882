import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

const head = '# Databricks notebook source\n';
const moduleTest = `import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from rates import rate


def test_rate():
    assert rate == 2
`;

/** Notebooks and Java files through the real plugin, sandbox and tools, as far as the registered job. */
describe.skipIf(!(await canStartRealBuilder()))('a project of notebooks', () => {
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    builder = await startRealBuilder();
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(() => builder.close());

  it('is imported below a folder named by its digest and becomes a notebook task', async () => {
    const record = await lane(notebooks('first run'));
    expect(record.failure, rig.builds.text(record.id).slice(-4_000)).toBeUndefined();
    expect(record.found).toMatchObject({ plugin: 'notebook', set: { kind: 'notebooks', companions: [] } });
    const folder = `/Workspace/Shared/slowlane/artifacts/${record.found.set?.digest.slice('sha256:'.length)}`;
    expect(rig.workspace.objects.get(`${folder}/main`)).toMatchObject({ language: 'PYTHON' });
    expect(rig.workspace.objects.get(`${folder}/helpers/words`)).toMatchObject({ language: 'SCALA' });
    expect(rig.workspace.objects.get(`${folder}/rates.py`)).toEqual({ language: undefined, text: 'rate = 2\n' });
    expect([...rig.workspace.jobs.values()].at(-1)).toMatchObject({
      tasks: [
        {
          notebook_task: {
            notebook_path: `${folder}/main`,
            base_parameters: { request: '{{job.parameters.request}}', result: '{{job.parameters.result}}' },
          },
        },
      ],
    });
  }, 120_000);

  it('has its tests counted and the coverage of its modules measured, and the artifact is the same with it', async () => {
    const files = { ...notebooks('first run'), 'tests/test_rates.py': moduleTest };
    const plain = await lane(files);
    const covered = await lane({
      ...files,
      '.slowlane/notes.yaml': 'pipeline: notes\nbuild: { coverage: { minimum: 10 } }\n',
    });
    expect(covered.failure, rig.builds.text(covered.id).slice(-4_000)).toBeUndefined();
    expect(covered.found).toMatchObject({
      tests: { passed: 1, failed: 0 },
      coverage: { covered: 1, total: 1 },
      set: { digest: plain.found.set?.digest },
    });
  }, 300_000);

  it('gives the same bytes whatever a run has left in its Jupyter notebooks', async () => {
    const before = await lane(notebooks('first run'));
    const after = await lane(notebooks('second run'));
    expect(after.found.cachedFrom).toBeUndefined();
    expect(after.found.set?.digest).toBe(before.found.set?.digest);
    const text = [...rig.workspace.objects].find(([path]) => path.endsWith('/plots'))?.[1].text;
    expect(text).not.toMatch(/second run|first run|execution_count": [0-9]/);
  }, 120_000);

  it('with a notebook in R asks for compute of its own', async () => {
    const record = await lane({ 'main.r': `${head}print(1)\n` });
    expect(record.failure).toBeUndefined();
    expect([...rig.workspace.jobs.values()].at(-1)).toMatchObject({
      job_clusters: [{ new_cluster: { data_security_mode: 'SINGLE_USER' } }],
    });
  }, 120_000);

  it('in R is refused for a pool that users share', async () => {
    const shared = stageRig({}, { ...builder.deps, pools: { default: { data_security_mode: 'USER_ISOLATION' } } });
    const record = await lane({ 'main.r': `${head}print(1)\n` }, shared);
    expect(record.failure).toMatchObject({
      code: 'pipeline.invalid',
      message: expect.stringContaining('USER_ISOLATION') as string,
    });
  }, 120_000);

  it('of one Java file becomes a JAR compiled against the Spark of the runtime', async () => {
    const java = `package shop;
public class Report {
  public static void main(String[] args) { org.apache.spark.sql.SparkSession.builder().getOrCreate(); }
}
`;
    const record = await lane({ 'Report.java': java });
    if (!builder.deps.toolchains?.some(({ name }) => name === 'spark')) {
      expect(record.failure?.code).toBe('toolchain.missing');
      return;
    }
    expect(record.failure, rig.builds.text(record.id).slice(-4_000)).toBeUndefined();
    expect(record.found.set).toMatchObject({ kind: 'jar', primary: { name: 'Report.jar' } });
    expect([...rig.workspace.jobs.values()].at(-1)).toMatchObject({
      tasks: [{ spark_jar_task: { main_class_name: 'shop.Report' } }],
    });
    const broken = await lane({ 'Report.java': java.replace('getOrCreate()', 'getOrElse()') });
    expect(broken.failure?.code).toBe('build.failed');
    expect(rig.builds.text(broken.id)).toMatch(/cannot find symbol/);
  }, 120_000);

  function lane(files: Record<string, string>, on = rig) {
    return on.pushed('notes', { '.slowlane/notes.yaml': 'pipeline: notes\n', ...files });
  }
});

function notebooks(output: string): Record<string, string> {
  return {
    'main.py': `${head}# MAGIC %run ./helpers/words\n`,
    'helpers/words.scala': '// Databricks notebook source\nval words = 1\n',
    'rates.py': 'rate = 2\n',
    'plots.ipynb': JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { language_info: { name: 'python' }, widgets: { state: output } },
      cells: [
        {
          cell_type: 'code',
          id: output,
          source: ['print(1)'],
          metadata: {},
          outputs: [{ text: output }],
          execution_count: output.length,
        },
      ],
    }),
  };
}
