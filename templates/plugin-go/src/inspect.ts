import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView } from '@slowlane/contracts';

/** The wheel that `pack.py` makes: one package with a program in it. */
export function inspect(artifact: ArtifactView): ArtifactManifest {
  const file = Object.keys(artifact.contents).find((path) => /^[^/]+\.dist-info\/entry_points\.txt$/.test(path));
  const name = /^([a-z0-9_]+) = \1:main$/m.exec(artifact.contents[file ?? ''] ?? '')?.[1];
  if (artifact.kind !== 'wheel' || name === undefined)
    throw new PlanRefusal('artifact.invalid', `${artifact.name} is no wheel that this plugin has packed`);
  const program = artifact.entries.find(({ path }) => path === `${name}/program`);
  if (program === undefined || program.size === 0)
    throw new PlanRefusal('artifact.invalid', `${artifact.name} holds no program`);
  return {
    plugin: 'go',
    kind: 'wheel',
    main: name,
    mainCandidates: [name],
    python: { package: name, version: '1.0.0' },
    spark: 'none',
  };
}
