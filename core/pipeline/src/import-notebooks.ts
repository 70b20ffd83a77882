import { readJsonBlob } from '@slowlane/artifacts';
import { readZipIndex } from '@slowlane/archive';
import { ArtifactManifest, type ArtifactSet } from '@slowlane/contracts';
import type { DatabricksClient } from '@slowlane/databricks';
import { need } from './need.ts';
import type { StageContext } from './stage-context.ts';
import { withBlobFile } from './with-blob-file.ts';

const languages = { python: 'PYTHON', scala: 'SCALA', r: 'R', sql: 'SQL' } as const;
/** What one import call takes. */
const maxBytes = 10_485_760;

/**
 * Puts the notebooks of a set, and the files beside them, below a workspace folder. The folder is named by the digest of the set, so writing it again
 * after a crash writes the same bytes. Notebooks lose their extension there, as `%run` expects.
 */
export async function importNotebooks(
  { deps, record, signal }: StageContext,
  { client, set, folder }: { client: DatabricksClient; set: ArtifactSet; folder: string },
): Promise<number> {
  const manifest = ArtifactManifest.parse(await readJsonBlob(deps.blobs, need(record.found.manifest, 'manifest')));
  const notebooks = new Map((manifest.notebooks ?? []).map(({ path, language }) => [path, language]));
  return withBlobFile(deps, set.primary, async (file) => {
    const index = await readZipIndex(file);
    try {
      for (const parent of foldersOf(index.entries.map(({ path }) => path)))
        await client.workspace.mkdirs(parent === '' ? folder : `${folder}/${parent}`, { signal });
      for (const { path } of index.entries) {
        const language = notebooks.get(path);
        await client.workspace.import(
          {
            path: `${folder}/${language === undefined ? path : path.replace(/\.[A-Za-z]+$/, '')}`,
            content: await index.read(path, maxBytes),
            overwrite: true,
            ...(language === undefined ? {} : { language: languages[language] }),
            ...(language !== undefined && path.endsWith('.ipynb') ? { jupyter: true } : {}),
          },
          { signal },
        );
      }
      return index.entries.length;
    } finally {
      await index.close();
    }
  });
}

/** Folders of the paths, parents first; the top is `''`. */
function foldersOf(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => {
    const steps = path.split('/').slice(0, -1);
    return steps.map((_, depth) => steps.slice(0, depth + 1).join('/'));
  });
  return ['', ...new Set(folders)].sort();
}
