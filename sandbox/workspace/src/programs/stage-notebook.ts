import { join } from 'node:path';
import { objectNames, shownPath } from '../objects/object-path.ts';
import { clientError } from '../runs/outcome.ts';
import { findNotebook } from './find-notebook.ts';
import type { Notebook } from './parse-notebook.ts';
import { hasR } from './has-r.ts';
import type { NotebookTask, StageInput, StagedCode } from './program.ts';
import { stageWorkspace } from './stage-workspace.ts';
import { makeShared } from '../runs/run-folders.ts';
import { writeShared } from './write-shared.ts';

/** Class of the Scala kernel, on Spark's class path. */
const scalaKernel = 'slowlane.notebook.Kernel';

/** The notebook of a task, with all notebooks that it may call, as the workspace has them now. */
export async function stageNotebook(input: StageInput, task: NotebookTask): Promise<StagedCode> {
  const names = objectNames(task.notebook_path);
  const found = await findNotebook(input.objectsDir, names, input.languageOf);
  if (found === undefined) {
    return {
      problem: clientError(
        'RESOURCE_NOT_FOUND',
        `Unable to access the notebook "${task.notebook_path}": it does not exist.`,
      ),
    };
  }
  if (typeof found === 'string') return { problem: clientError('INVALID_RUN_CONFIGURATION', found) };
  await stageWorkspace(input, names.slice(0, -1));
  const path = shownPath(names).replace(/\.(py|ipynb|sql|scala|r)$/i, '');
  await putNotebook(input, path, found.notebook);
  const { language } = found.notebook;
  const withR = language !== 'scala' && (await usesR(input, path, found.notebook)) && hasR();
  if (language === 'r' && !withR) {
    return {
      problem: clientError(
        'INVALID_RUN_CONFIGURATION',
        'R is not installed on this machine, so R notebooks cannot run. Install the packages r-base-core, r-cran-reticulate and r-cran-jsonlite.',
      ),
    };
  }
  const parameters = {
    ...task.base_parameters,
    ...Object.fromEntries((input.parameters ?? []).map(({ name, value }) => [name, value])),
  };
  const staged = { kind: 'notebook', notebook: path, language, parameters, withR };
  return language === 'scala' ? { task: staged, className: scalaKernel } : { task: staged };
}

async function putNotebook(input: StageInput, path: string, notebook: Notebook): Promise<void> {
  const steps = path.split('/').slice(1);
  const base = join(input.folders.scratch, 'notebooks');
  for (let depth = 0; depth < steps.length; depth++) await makeShared(join(base, ...steps.slice(0, depth)));
  await writeShared(`${join(base, ...steps)}.json`, JSON.stringify(notebook));
}

/** Whether R must be there: the notebook's language, or a cell of it or of what it includes by `%run`. */
async function usesR(input: StageInput, path: string, notebook: Notebook, seen = new Set<string>()): Promise<boolean> {
  seen.add(path);
  if (notebook.language === 'r' || notebook.cells.some((cell) => cell.kind === 'r')) return true;
  for (const cell of notebook.cells.filter((one) => one.kind === 'run')) {
    const target = included(path, cell.source);
    if (seen.has(target)) continue;
    const found = await findNotebook(input.objectsDir, target.split('/').slice(1), input.languageOf);
    if (typeof found === 'object' && (await usesR(input, target, found.notebook, seen))) return true;
  }
  return false;
}

function included(path: string, source: string): string {
  const name = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(source);
  const base = new URL(`file://${path.split('/').map(encodeURIComponent).join('/')}`);
  const target = (name?.[1] ?? name?.[2] ?? name?.[3] ?? '').replace(/^\/Workspace\//, '/');
  return decodeURIComponent(new URL(target.split('/').map(encodeURIComponent).join('/'), base).pathname);
}
