import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openFile } from '../files/safe-folder.ts';
import { namesOfPath } from '../files/api-path.ts';
import { objectNames } from '../objects/object-path.ts';
import type { Task } from '../jobs/schema.ts';
import { clientError } from './outcome.ts';
import { makePassable, makeShared, type RunFolders, scratchTarget } from './run-folders.ts';
import type { Outcome } from './states.ts';
import { libraryTarget } from './submit-arguments.ts';

export interface StageInput {
  folders: RunFolders;
  startAttempt: number;
  task: Task;
  volumesDir: string;
  objectsDir: string;
}

/**
 * Makes the folders of a run and puts its code there. Returns an outcome where the run cannot start because something it names is
 * not there: the run then ends without a sandbox.
 */
export async function stageRun(input: StageInput): Promise<Outcome | undefined> {
  const { folders, task } = input;
  await makePassable(folders.base);
  await mkdir(folders.record(input.startAttempt), { recursive: true, mode: 0o700 });
  await stageScratch(folders.scratch);
  const missing = await missingLibrary(input);
  if (missing !== undefined) return clientError('LIBRARY_INSTALLATION_ERROR', `The library ${missing} does not exist.`);
  if (task.spark_jar_task !== undefined) return undefined;
  return stagePython(input);
}

/** The scratch folder as every driver finds it. `conf` stays empty: a folder with files on the class path would rule out the class archive. */
export async function stageScratch(scratch: string): Promise<void> {
  await makeShared(scratch);
  for (const name of ['code', 'conf', 'home', 'lib', 'spark', 'tmp']) await makeShared(join(scratch, name));
  await writeShared(join(scratch, 'log4j2.properties'), loggingProperties);
}

async function stagePython(input: StageInput): Promise<Outcome | undefined> {
  const { scratch } = input.folders;
  await copyFile(join(import.meta.dirname, 'runner.py'), join(scratch, 'runner.py'));
  await chmod(join(scratch, 'runner.py'), 0o664);
  const script = input.task.spark_python_task?.python_file;
  const staged = script === undefined ? undefined : await stageScript(input, script);
  if (script !== undefined && staged === undefined)
    return clientError('RESOURCE_NOT_FOUND', `The Python file ${script} does not exist.`);
  await writeShared(join(scratch, 'task.json'), JSON.stringify(pythonTask(input.task, staged)));
  return undefined;
}

/** What `runner.py` reads. */
function pythonTask(task: Task, script: string | undefined): Record<string, unknown> {
  const wheels = (task.libraries ?? []).flatMap((library) => (library.whl === undefined ? [] : [library.whl]));
  const common = { wheels, library: libraryTarget, failure: `${scratchTarget}/failure.json` };
  if (script !== undefined) return { ...common, script, parameters: task.spark_python_task?.parameters ?? [] };
  const wheel = task.python_wheel_task;
  const named = Object.entries(wheel?.named_parameters ?? {}).map(([name, value]) => `--${name}=${value}`);
  return {
    ...common,
    package: wheel?.package_name,
    entryPoint: wheel?.entry_point,
    parameters: wheel?.parameters ?? named,
  };
}

/** Path of the script inside the sandbox: volumes are there already, a workspace file is copied. */
async function stageScript(input: StageInput, path: string): Promise<string | undefined> {
  const onVolume = path.startsWith('/Volumes/');
  const opened = await openFile(
    onVolume ? input.volumesDir : input.objectsDir,
    onVolume ? namesOfPath(path).slice(1) : objectNames(path),
  );
  if (opened === undefined) return undefined;
  try {
    if (onVolume) return path;
    await writeShared(join(input.folders.scratch, 'code', basename(path)), await opened.handle.readFile());
    return `${scratchTarget}/code/${basename(path)}`;
  } finally {
    await opened.handle.close();
  }
}

async function missingLibrary(input: StageInput): Promise<string | undefined> {
  for (const library of input.task.libraries ?? []) {
    const path = (library.jar ?? library.whl) as string;
    const opened = await openFile(input.volumesDir, namesOfPath(path).slice(1));
    if (opened === undefined) return path;
    await opened.handle.close();
  }
  return undefined;
}

async function writeShared(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, content);
  await chmod(path, 0o664);
}

/** Spark's own messages go to stderr from WARN on, as in its shells: the log of a run is for what the program prints. */
const loggingProperties = `rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.hadoop.name = org.apache.hadoop.util.NativeCodeLoader
logger.hadoop.level = error
`;
