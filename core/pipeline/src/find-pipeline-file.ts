import { isUserFault, SlowLaneError } from '@slowlane/contracts';
import { fillModuleCode, parseYaml } from '@slowlane/kit';
import type { ExportedTree } from '@slowlane/sources';
import type { BuildSourceTree } from './source-of.ts';

/** A pipeline file in the driver's own repository. */
export interface FoundPipelineFile {
  /** `.slowlane/daily-sales.yaml` */
  path: string;
  text: string;
}

const folder = '.slowlane';

/**
 * Looks for the file of a pipeline among `.slowlane/*.yaml`: the one that names it, else the only one there is. `undefined` without any;
 * `pipeline.not-found` when several are there and none names it.
 */
export async function findPipelineFile(
  source: BuildSourceTree,
  pipeline: string,
): Promise<FoundPipelineFile | undefined> {
  const tree = await folderOf(source);
  const files = tree === undefined ? [] : await readFiles(tree);
  const named = files.find((file) => nameIn(file.text) === pipeline);
  if (tree !== undefined && (named !== undefined || files.length === 1)) return withModule(tree, named ?? files[0]!);
  if (files.length === 0) return undefined;
  throw new SlowLaneError(
    'pipeline.not-found',
    `none of ${files.map((file) => file.path).join(', ')} names the pipeline "${pipeline}"`,
    { hint: `Write "pipeline: ${pipeline}" in one of them.`, data: { files: files.map((file) => file.path) } },
  );
}

/** The mediator module lies beside the pipeline file; both are kept as one. */
async function withModule(tree: ExportedTree, file: FoundPipelineFile): Promise<FoundPipelineFile> {
  const text = await fillModuleCode(file.text, async (module) => {
    const path = module.slice('./'.length);
    const entries = tree.entries.filter((entry) => entry.path === path && entry.size <= 65_536);
    for await (const { content } of tree.read(entries)) return content.toString('utf8');
    throw new SlowLaneError(
      'pipeline.invalid',
      `${file.path}: there is no ${folder}/${path}, or it is larger than 64 KiB`,
    );
  });
  return { ...file, text };
}

async function readFiles(tree: ExportedTree): Promise<FoundPipelineFile[]> {
  const files: FoundPipelineFile[] = [];
  const entries = tree.entries.filter(({ path, size }) => /^[^/]+\.ya?ml$/.test(path) && size <= 1_048_576);
  for await (const { entry, content } of tree.read(entries)) {
    files.push({ path: `${folder}/${entry.path}`, text: content.toString('utf8') });
  }
  return files;
}

async function folderOf(source: BuildSourceTree): Promise<ExportedTree | undefined> {
  try {
    return await source.export(folder);
  } catch (error) {
    if (isUserFault(error) && (error as SlowLaneError).code === 'source.not-found') return undefined;
    throw error;
  }
}

function nameIn(text: string): unknown {
  const parsed = parseYaml(text);
  const value = parsed.ok ? parsed.yaml.value : undefined;
  return value !== null && typeof value === 'object' && 'pipeline' in value ? value.pipeline : undefined;
}
