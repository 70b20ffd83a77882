import { Readable } from 'node:stream';
import {
  type ApiToken,
  type BuildRecord,
  type BuildSource,
  type CreateBuild,
  Digest,
  SlowLaneError,
} from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';

/** Starts a build that registers nothing. Throws `source.not-found` for an archive that was not uploaded, `pipeline.*` for a wrong file. */
export async function startBuild(
  deps: EndpointDeps,
  call: { caller: ApiToken; correlationId: string; body: CreateBuild },
): Promise<BuildRecord> {
  const { pipeline: yamlText, language, refresh } = call.body;
  const file = yamlText === undefined ? undefined : await deps.parsePipeline?.(yamlText);
  const source = await sourceOf(deps, call.body.source);
  return await deps.builds.start({
    id: newId('bld'),
    correlationId: call.correlationId,
    pipeline: file?.pipeline ?? nameOf(source),
    revision: undefined,
    source,
    purpose: { kind: 'build-only' },
    principal: call.caller.name,
    language: language ?? file?.language,
    driver: undefined,
    ...(refresh === true && { refresh }),
    ...(yamlText === undefined ? {} : { pipelineFile: await storeText(deps, yamlText) }),
  });
}

async function sourceOf(deps: EndpointDeps, given: CreateBuild['source']): Promise<BuildSource> {
  if ('git' in given) return { kind: 'git', url: given.git, ref: given.ref };
  const digest = Digest.safeParse(given.archive);
  if (!digest.success || !(await deps.blobs.has(digest.data))) {
    throw new SlowLaneError('source.not-found', `no archive "${given.archive}" was uploaded`, {
      hint: 'Upload it with POST /v1/sources, and name the digest of the answer.',
    });
  }
  return { kind: 'archive', digest: digest.data, name: given.name };
}

async function storeText(deps: EndpointDeps, text: string): Promise<Digest> {
  const { digest } = await deps.blobs.put(Readable.from([Buffer.from(text)]));
  return digest;
}

/** A name for a build without a pipeline file: the last word of its source, in the letters a name may have. */
function nameOf(source: BuildSource): string {
  const text = source.kind === 'git' ? source.url : source.kind === 'archive' ? source.name : source.pipeline;
  const last = text.split(/[/:]/).findLast((part) => part !== '') ?? '';
  const name = last
    .toLowerCase()
    .replace(/\.(git|tar\.gz|tgz|tar)$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 64)
    .replace(/^[._-]+|[._-]+$/g, '');
  return name === '' ? 'build' : name;
}
