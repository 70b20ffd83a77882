import type { BuildFindings, BuildLane, BuildRecord, BuildState, Failure } from '@slowlane/contracts';

export type NewBuild = Parameters<BuildLane['start']>[0];

/** A build from its hash; `undefined` when there is none. */
export function buildRecordOf(fields: Record<string, string>): BuildRecord | undefined {
  if (fields['doc'] === undefined) return undefined;
  const doc = JSON.parse(fields['doc']) as NewBuild;
  return {
    ...doc,
    state: fields['state'] as BuildState,
    createdAt: Number(fields['createdAt']),
    endedAt: fields['endedAt'] === undefined ? undefined : Number(fields['endedAt']),
    failure: fields['failure'] === undefined ? undefined : (JSON.parse(fields['failure']) as Failure),
    found: foundOf(fields),
  };
}

function foundOf(fields: Record<string, string>): BuildFindings {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith('found:')) found[name.slice('found:'.length)] = JSON.parse(value);
  }
  return found as BuildFindings;
}
