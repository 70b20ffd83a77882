import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootSpec } from '@slowlane/contracts';
import { logDestination } from '../clusters/log-destination.ts';
import { openFile } from '../files/safe-folder.ts';
import { namesOfPath } from '../files/api-path.ts';
import type { Library, NewCluster, Task } from '../jobs/schema.ts';
import { clientError } from '../runs/outcome.ts';
import { makePassable, type RunFolders, scratchTarget } from '../runs/run-folders.ts';
import { stageScratch } from '../runs/stage-run.ts';
import type { Outcome } from '../runs/states.ts';
import { sparkConf } from './spark-conf.ts';
import { stageNotebook } from './stage-notebook.ts';
import { stageScript, stageSqlFile } from './stage-script.ts';
import { writePrivateFiles, writeShared } from './write-shared.ts';

/** A program ready to be started: what spark-submit needs beside where it runs. Paths are those inside the sandbox. */
export interface StagedProgram {
  /** Main class of a JVM program. */
  className?: string;
  /** The JAR or script that is submitted; `spark-internal` where the class lies on Spark's own class path. */
  primary: string;
  jars: string[];
  parameters: string[];
  /** Put before Spark's own JARs; empty wherever possible, because it rules out the class archive. */
  driverClassPath: string[];
  /** Defaults of ours: a setting of the cluster stands over them. */
  conf: Record<string, string>;
  env: Record<string, string>;
}

/** What `dbutils.secrets` needs of the secret store. */
export interface SecretSource {
  listScopes(): string[];
  list(scope: string): { key: string }[];
  get(scope: string, key: string): string | undefined;
}

export interface StageInput {
  folders: RunFolders;
  startAttempt: number;
  /** With references filled in. */
  task: Task;
  root: RootSpec;
  volumesDir: string;
  objectsDir: string;
  /** What the cluster has loaded; without it the task's own libraries. */
  placement?: { libraries: Library[]; cluster?: NewCluster };
  secrets?: SecretSource;
  /** Values of job parameters: widgets of a notebook, and parameters of a SQL file. */
  parameters?: readonly { name: string; value: string }[];
  /** What the tasks before this one have set, by task key. */
  taskValues?: Record<string, Record<string, unknown>>;
  /** The language that a workspace object was imported with, where its content alone does not say it. */
  languageOf?: (path: string) => string | undefined;
}

/**
 * Makes the folders of a run and puts its code there. A `problem` where the run cannot start because something it names is not there: it
 * then ends without a sandbox.
 */
export async function stageRun(input: StageInput): Promise<{ problem: Outcome } | { program: StagedProgram }> {
  const { folders, task } = input;
  await makePassable(folders.base);
  await mkdir(folders.record(input.startAttempt), { recursive: true, mode: 0o700 });
  const { cluster } = input.placement ?? {};
  await stageScratch(folders.scratch, { hasLogFile: cluster !== undefined && logDestination(cluster) !== undefined });
  const libraries = librariesOf(input);
  const missing = await missingLibrary(input, libraries);
  if (missing !== undefined) {
    return { problem: clientError('LIBRARY_INSTALLATION_ERROR', `The library ${missing} does not exist.`) };
  }
  const jars = libraries.flatMap((library) => (library.jar === undefined ? [] : [library.jar]));
  const base = { jars, parameters: [], driverClassPath: [], conf: await sparkConf(input), env: {} };
  if (task.spark_jar_task !== undefined) {
    const [primary, ...others] = jars as [string, ...string[]];
    const { main_class_name: className, parameters } = task.spark_jar_task;
    return { program: { ...base, className, primary, jars: others, parameters: parameters ?? [] } };
  }
  await stageKernel(folders.scratch);
  await writePrivateFiles(folders.scratch, { 'secrets.json': JSON.stringify(secretsOf(input.secrets)) });
  const kernel = { ...commonTask(libraries), taskValues: input.taskValues ?? {} };
  const staged = await stageCode(input);
  if ('problem' in staged) return staged;
  await writeShared(join(folders.scratch, 'task.json'), JSON.stringify({ ...kernel, ...staged.task }));
  if (staged.className !== undefined) {
    const parameters = [`${scratchTarget}/task.json`];
    return { program: { ...base, className: staged.className, primary: 'spark-internal', parameters } };
  }
  return { program: { ...base, primary: `${scratchTarget}/runner.py` } };
}

/** What the kernels read of `task.json`, and for a Scala notebook the class that runs it. */
export type StagedCode = { problem: Outcome } | { task: Record<string, unknown>; className?: string };

async function stageCode(input: StageInput): Promise<StagedCode> {
  const { task } = input;
  const notebook = (task as { notebook_task?: NotebookTask }).notebook_task;
  const sql = (task as { sql_task?: SqlTask }).sql_task;
  if (notebook !== undefined) return stageNotebook(input, notebook);
  if (sql !== undefined) return stageSqlFile(input, sql);
  if (task.spark_python_task !== undefined) return stageScript(input, task.spark_python_task);
  const wheel = task.python_wheel_task;
  const named = Object.entries(wheel?.named_parameters ?? {}).map(([name, value]) => `--${name}=${value}`);
  const parameters = wheel?.parameters ?? named;
  return { task: { kind: 'wheel', package: wheel?.package_name, entryPoint: wheel?.entry_point, parameters } };
}

export interface NotebookTask {
  notebook_path: string;
  base_parameters?: Record<string, string> | undefined;
}

export interface SqlTask {
  file?: { path: string } | undefined;
  parameters?: Record<string, string> | undefined;
}

function librariesOf(input: StageInput): Library[] {
  return input.placement?.libraries ?? input.task.libraries ?? [];
}

async function missingLibrary(input: StageInput, libraries: Library[]): Promise<string | undefined> {
  const paths = libraries.flatMap((library) => [library.jar, library.whl]);
  for (const path of paths) {
    if (path === undefined || !path.startsWith('/Volumes/')) continue;
    const opened = await openFile(input.volumesDir, namesOfPath(path).slice(1));
    if (opened === undefined) return path;
    await opened.handle.close();
  }
  return undefined;
}

function commonTask(libraries: Library[]): Record<string, unknown> {
  return {
    wheels: libraries.flatMap((library) => (library.whl === undefined ? [] : [library.whl])),
    library: `${scratchTarget}/lib`,
    failure: `${scratchTarget}/failure.json`,
    secrets: `${scratchTarget}/secrets.json`,
    values: `${scratchTarget}/values.json`,
    events: `${scratchTarget}/events.jsonl`,
    notebooks: `${scratchTarget}/notebooks`,
    workspace: '/Workspace',
  };
}

/** The kernel's files lie side by side in the scratch folder: the one that is started finds the others beside it. */
async function stageKernel(scratch: string): Promise<void> {
  const folder = join(import.meta.dirname, 'kernel');
  for (const name of await readdir(folder)) {
    if (!/\.(py|R)$/.test(name)) continue;
    await copyFile(join(folder, name), join(scratch, name));
  }
}

function secretsOf(secrets: SecretSource | undefined): Record<string, Record<string, string>> {
  const scopes = (secrets?.listScopes() ?? []).map((scope): [string, Record<string, string>] => {
    const keys = secrets?.list(scope) ?? [];
    return [scope, Object.fromEntries(keys.map(({ key }) => [key, secrets?.get(scope, key) ?? '']))];
  });
  return Object.fromEntries(scopes);
}
