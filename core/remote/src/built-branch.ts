import type { PipelineStore } from '@slowlane/contracts';

/** The branch that a push builds: `source.ref` of the pipeline's newest revision, `main` before there is one. */
export async function builtBranch(pipelines: PipelineStore, pipeline: string): Promise<string> {
  const ref = (await pipelines.get(pipeline))?.file.source.ref ?? 'main';
  const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : ref;
  return isPlainBranch(branch) ? branch : 'main';
}

/** What `git check-ref-format --branch` takes, narrowed to names without surprises. */
function isPlainBranch(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(name) && !/\.\.|\/\/|\.lock$|\/$|\/\./.test(name);
}
