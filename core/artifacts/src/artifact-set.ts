import { type ArtifactFile, type ArtifactKind, type ArtifactSet, SlowLaneError } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { digestOf } from './blob-bytes.ts';

/** The closed set and its name. Companions are sorted, so their order says nothing; two files of one name are `artifact.ambiguous`. */
export function artifactSetOf(
  kind: ArtifactKind,
  primary: ArtifactFile,
  companions: readonly ArtifactFile[],
): ArtifactSet {
  const sorted = [...companions].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const names = new Set<string>();
  for (const { name } of [primary, ...sorted]) {
    if (names.has(name)) {
      throw new SlowLaneError('artifact.ambiguous', `two files of the artifact set are named ${JSON.stringify(name)}`, {
        hint: 'The files of a set are published side by side: give each a name of its own.',
        data: { candidates: [name] },
      });
    }
    names.add(name);
  }
  const rest = { kind, primary, companions: sorted };
  return { digest: digestOf(canonicalJson(rest)), ...rest };
}
