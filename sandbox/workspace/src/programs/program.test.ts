import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';
import { runFolders } from '../runs/run-folders.ts';
import type { Task } from '../jobs/schema.ts';
import { stageRun, type StageInput } from './program.ts';
import { keepResults, readTaskValues } from './program-results.ts';

const cluster = { spark_version: '17.3.x-scala2.13', node_type_id: 'local', num_workers: 0 };

describe('tasks of programs', () => {
  let test: TestWorkspace;
  beforeEach(async () => {
    test = await startTestWorkspace();
  });
  afterEach(() => test.close());

  const create = (task: Record<string, unknown>): ReturnType<TestWorkspace['post']> =>
    test.post('/api/2.2/jobs/create', { name: 'j', tasks: [{ task_key: 'main', new_cluster: cluster, ...task }] });

  it('that name a saved query, dashboard or alert are refused with the field', async () => {
    for (const kind of ['query', 'dashboard', 'alert']) {
      const answer = await create({ sql_task: { warehouse_id: 'w', [kind]: { id: '1' } } });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
      expect(answer.body.message).toContain(`sql_task.${kind}`);
    }
    expect((await create({ sql_task: { warehouse_id: 'w' } })).body.message).toContain('needs a file');
  });

  it('are accepted where they name a notebook or a SQL file', async () => {
    expect((await create({ notebook_task: { notebook_path: '/Shared/a' } })).status).toBe(200);
    expect((await create({ sql_task: { warehouse_id: 'w', file: { path: '/Shared/a.sql' } } })).status).toBe(200);
    expect((await create({ notebook_task: { notebook_path: '/Volumes/main/a' } })).status).toBe(400);
  });
});

describe('staging', () => {
  let folder: string;
  let input: Omit<StageInput, 'task'>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slowlane-stage-'));
    await mkdir(join(folder, 'objects', 'Shared'), { recursive: true });
    await mkdir(join(folder, 'volumes'));
    await mkdir(join(folder, 'runs'));
    input = {
      folders: runFolders(folder, 7),
      startAttempt: 1,
      root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] },
      volumesDir: join(folder, 'volumes'),
      objectsDir: join(folder, 'objects'),
    };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const scratch = (name: string): Promise<string> => readFile(join(folder, 'runs', '7', 'scratch', name), 'utf8');
  const stage = (task: Partial<Task>, more: Partial<StageInput> = {}): ReturnType<typeof stageRun> =>
    stageRun({ ...input, ...more, task: { task_key: 'main', ...task } });

  it('a Scala notebook is started by its kernel, with job parameters over its own', async () => {
    await writeFile(join(folder, 'objects', 'Shared', 'a'), '// Databricks notebook source\nval a = 1');
    const staged = await stage(
      { notebook_task: { notebook_path: '/Workspace/Shared/a', base_parameters: { x: '1', y: '2' } } },
      { parameters: [{ name: 'x', value: 'job' }] },
    );
    expect(staged).toMatchObject({ program: { className: 'slowlane.notebook.Kernel', primary: 'spark-internal' } });
    expect(JSON.parse(await scratch('task.json'))).toMatchObject({
      notebook: '/Shared/a',
      language: 'scala',
      parameters: { x: 'job', y: '2' },
    });
    expect(JSON.parse(await scratch('notebooks/Shared/a.json'))).toEqual({
      language: 'scala',
      cells: [{ kind: 'scala', source: 'val a = 1' }],
    });
  });

  it('the language that a notebook was imported with stands over its first line, which Python and R share', async () => {
    await writeFile(join(folder, 'objects', 'Shared', 'a'), '# Databricks notebook source\nx <- 1');
    await stage({ notebook_task: { notebook_path: '/Shared/a' } }, { languageOf: () => 'PYTHON' });
    expect(JSON.parse(await scratch('task.json'))).toMatchObject({ language: 'python', withR: false });
  });

  it('a script finds the files beside it, and no link is followed out of the workspace', async () => {
    await writeFile(join(folder, 'secret'), 'outside');
    await writeFile(join(folder, 'objects', 'Shared', 'main.py'), 'import helper');
    await writeFile(join(folder, 'objects', 'Shared', 'helper.py'), 'x = 1');
    await symlink(join(folder, 'secret'), join(folder, 'objects', 'Shared', 'link'));
    await stage({ spark_python_task: { python_file: '/Workspace/Shared/main.py' } });
    expect(await scratch('workspace/Shared/helper.py')).toBe('x = 1');
    await expect(scratch('workspace/Shared/link')).rejects.toThrow('ENOENT');
    expect(JSON.parse(await scratch('task.json'))).toMatchObject({ script: '/Workspace/Shared/main.py' });
  });

  it('what is not there is a problem of the run', async () => {
    expect(await stage({ notebook_task: { notebook_path: '/Shared/none' } })).toMatchObject({
      problem: { code: 'RESOURCE_NOT_FOUND' },
    });
    await writeFile(join(folder, 'objects', 'Shared', 'bad.ipynb'), '{"nbformat"');
    expect(await stage({ notebook_task: { notebook_path: '/Shared/bad' } })).toMatchObject({
      problem: { code: 'INVALID_RUN_CONFIGURATION', message: expect.stringContaining('not JSON') },
    });
  });

  it('secrets go to the run, and values that it sets come back', async () => {
    const secrets = { listScopes: () => ['s'], list: () => [{ key: 'k' }], get: () => 'v' };
    await writeFile(join(folder, 'objects', 'Shared', 'q.sql'), 'SELECT 1; SELECT :a');
    await stage({ sql_task: { file: { path: '/Shared/q.sql' }, parameters: { a: 'b' } } }, { secrets });
    expect(JSON.parse(await scratch('secrets.json'))).toEqual({ s: { k: 'v' } });
    expect(JSON.parse(await scratch('task.json'))).toMatchObject({
      statements: ['SELECT 1', 'SELECT :a'],
      parameters: { a: 'b' },
    });
    await writeFile(join(folder, 'runs', '7', 'scratch', 'values.json'), '{"rows":3}');
    await keepResults(input.folders);
    expect(await readTaskValues(input.folders)).toEqual({ rows: 3 });
  });
});
