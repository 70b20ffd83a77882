import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactView } from '@slowlane/contracts';

export interface WheelMetadata {
  name: string;
  version: string;
  requiresPython: string | undefined;
  entryPoints: EntryPoint[];
}

export interface EntryPoint {
  group: string;
  name: string;
  /** `module:function`, without extras. */
  value: string;
}

/** @see https://packaging.python.org/en/latest/specifications/core-metadata/ */
export function wheelMetadata(artifact: ArtifactView): WheelMetadata {
  const metadata = contentOf(artifact, 'METADATA');
  const name = header(metadata ?? '', 'Name');
  const version = header(metadata ?? '', 'Version');
  if (name === undefined || version === undefined)
    throw new PlanRefusal('artifact.invalid', `${artifact.name} has no *.dist-info/METADATA with a name and a version`);
  return {
    name,
    version,
    requiresPython: header(metadata ?? '', 'Requires-Python'),
    entryPoints: entryPointsIn(contentOf(artifact, 'entry_points.txt') ?? ''),
  };
}

function contentOf(artifact: ArtifactView, file: string): string | undefined {
  const path = Object.keys(artifact.contents).find(
    (candidate) => /^[^/]+\.dist-info\/[^/]+$/.test(candidate) && candidate.endsWith(`/${file}`),
  );
  return path === undefined ? undefined : artifact.contents[path];
}

function header(metadata: string, name: string): string | undefined {
  const [headers = ''] = metadata.split(/\r?\n\r?\n/, 1);
  return new RegExp(`^${name}:[ \\t]*(.+?)[ \\t]*$`, 'im').exec(headers)?.[1];
}

/** @see https://packaging.python.org/en/latest/specifications/entry-points/ */
function entryPointsIn(text: string): EntryPoint[] {
  let group = '';
  return text.split(/\r?\n/).flatMap((line) => {
    const section = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (section !== undefined) group = section.trim();
    const [, name, value] = /^\s*([^\s#;=[][^=]*?)\s*=\s*([\w.]+(?::[\w.]+)?)/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ group, name, value }];
  });
}
