import { describe, expect, it } from 'vitest';
import { findPipelineFile } from './find-pipeline-file.ts';
import { loadPipelineFile } from './load-pipeline-file.ts';

/** The folder `.slowlane` of a repository. */
function repository(files: Record<string, string>): Parameters<typeof findPipelineFile>[0] {
  const entries = Object.entries(files).map(([path, text]) => ({ path, size: text.length }));
  const tree = {
    entries,
    async *read(wanted: readonly { path: string }[]) {
      for (const entry of wanted) yield { entry, content: Buffer.from(files[entry.path] as string) };
    },
  };
  return { export: async () => tree } as unknown as Parameters<typeof findPipelineFile>[0];
}

const yaml = 'pipeline: daily\noperation: { mediate: { module: ./mediate.ts } }\n';

describe('a pipeline file in a repository', () => {
  it('is found with the text of the mediator module beside it', async () => {
    const code = 'export const mediate = () => ({ parts: [] });\n';
    const found = await findPipelineFile(repository({ 'daily.yaml': yaml, 'mediate.ts': code }), 'daily');
    expect(loadPipelineFile(found!.text, { fileName: found!.path }).operation.mediate).toMatchObject({
      module: './mediate.ts',
      code,
    });
  });

  it('that names a module which is not there is refused, naming the file', async () => {
    await expect(findPipelineFile(repository({ 'daily.yaml': yaml }), 'daily')).rejects.toMatchObject({
      code: 'pipeline.invalid',
      message: '.slowlane/daily.yaml: there is no .slowlane/mediate.ts, or it is larger than 64 KiB',
    });
  });

  it('is the one that names the pipeline, else the only one, else none', async () => {
    const two = { 'a.yaml': 'pipeline: a\n', 'b.yaml': 'pipeline: b\n' };
    expect((await findPipelineFile(repository(two), 'b'))?.path).toBe('.slowlane/b.yaml');
    await expect(findPipelineFile(repository(two), 'c')).rejects.toMatchObject({ code: 'pipeline.not-found' });
    expect((await findPipelineFile(repository({ 'a.yaml': 'pipeline: a\n' }), 'c'))?.path).toBe('.slowlane/a.yaml');
    expect(await findPipelineFile(repository({}), 'c')).toBeUndefined();
  });
});
