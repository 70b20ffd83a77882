import { namesOfPath } from '../files/api-path.ts';
import { openFile } from '../files/safe-folder.ts';
import { objectNames } from '../objects/object-path.ts';
import { clientError } from '../runs/outcome.ts';
import type { SqlTask, StageInput, StagedCode } from './program.ts';
import { splitSql } from './split-sql.ts';
import { stageWorkspace } from './stage-workspace.ts';

/** A Python file of the workspace, with the files beside it that it may import, or one of a volume. */
export async function stageScript(
  input: StageInput,
  task: { python_file: string; parameters?: string[] | undefined },
): Promise<StagedCode> {
  const place = placeOf(input, task.python_file);
  const opened = await openFile(place.root, place.names);
  if (opened === undefined) {
    return { problem: clientError('RESOURCE_NOT_FOUND', `The Python file ${task.python_file} does not exist.`) };
  }
  await opened.handle.close();
  if (!place.onVolume) await stageWorkspace(input, place.names.slice(0, -1));
  const script = place.onVolume ? task.python_file : `/Workspace/${place.names.join('/')}`;
  return { task: { kind: 'script', script, parameters: task.parameters ?? [] } };
}

/** A file of SQL statements, with the parameters of the task and the job for its `:name` markers. */
export async function stageSqlFile(input: StageInput, task: SqlTask): Promise<StagedCode> {
  const path = task.file?.path ?? '';
  const place = placeOf(input, path);
  const opened = await openFile(place.root, place.names);
  if (opened === undefined) {
    return { problem: clientError('RESOURCE_NOT_FOUND', `The SQL file ${path} does not exist.`) };
  }
  try {
    const statements = splitSql(await opened.handle.readFile('utf8'));
    const parameters = Object.fromEntries((input.parameters ?? []).map(({ name, value }) => [name, value]));
    return { task: { kind: 'sql', statements, parameters: { ...parameters, ...task.parameters } } };
  } finally {
    await opened.handle.close();
  }
}

function placeOf(input: StageInput, path: string): { root: string; names: string[]; onVolume: boolean } {
  const onVolume = path.startsWith('/Volumes/');
  return onVolume
    ? { root: input.volumesDir, names: namesOfPath(path).slice(1), onVolume }
    : { root: input.objectsDir, names: objectNames(path), onVolume };
}
