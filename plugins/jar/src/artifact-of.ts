import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { formatFileProblem, readStrictYaml } from '@slowlane/kit';
import { Artifact } from './schema.ts';

export const artifactFiles = ['artifact.yaml', 'artifact.yml'];

const kinds = ['maven', 'url', 'github'] as const;

/** What `build.options` say, else the project's `artifact.yaml`: exactly one of maven, url and github. */
export function artifactOf(
  tree: TreeSnapshot,
  options: Record<string, unknown>,
): { artifact: Artifact; source: string } {
  const found = Object.keys(options).length > 0 ? fromOptions(options) : fromFile(tree);
  const named = kinds.filter((kind) => found.artifact[kind] !== undefined);
  if (named.length !== 1)
    throw new PlanRefusal(
      'plan.refused',
      `${found.source}: ${named.length === 0 ? 'names no JAR' : `names ${named.join(' and ')}`}, exactly one of ${kinds.join(', ')} is wanted`,
      {
        hint: 'maven: group:artifact:version, or url: with sha256:, or github: { repo, tag, asset }',
        candidates: [...named],
      },
    );
  checkTogether(found);
  return found;
}

function fromOptions(options: Record<string, unknown>): { artifact: Artifact; source: string } {
  const source = 'build.options';
  const parsed = Artifact.safeParse(options);
  if (parsed.success) return { artifact: parsed.data, source };
  const told = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the options'}: ${issue.message}`);
  throw new PlanRefusal('plan.refused', `${source}: ${told.join('; ')}`);
}

function fromFile(tree: TreeSnapshot): { artifact: Artifact; source: string } {
  const source = artifactFiles.find((file) => tree.contents[file] !== undefined);
  if (source === undefined)
    throw new PlanRefusal('plan.refused', 'neither artifact.yaml nor build.options names a JAR', {
      hint: 'Write maven: group:artifact:version into artifact.yaml.',
    });
  const parsed = readStrictYaml(tree.contents[source] as string, Artifact);
  if (parsed.ok) return { artifact: parsed.value, source };
  const told = parsed.problems.map((problem) => formatFileProblem(source, problem));
  throw new PlanRefusal('plan.refused', told.join('\n'));
}

function checkTogether({ artifact, source }: { artifact: Artifact; source: string }): void {
  if ((artifact.signature ?? artifact.sigstore) !== undefined && artifact.maven?.includes('-SNAPSHOT') === true)
    throw new PlanRefusal('plan.refused', `${source}: the signature of a SNAPSHOT is not checked`, {
      hint: 'Name the release, or the version with its timestamp.',
    });
  if (artifact.maven !== undefined) return;
  const only = (['repository', 'companions'] as const).find((key) => artifact[key] !== undefined);
  if (only !== undefined) throw new PlanRefusal('plan.refused', `${source}: ${only} goes with maven`);
  if (artifact.url !== undefined && artifact.sha256 === undefined)
    throw new PlanRefusal('plan.refused', `${source}: ${artifact.url} has no sha256`, {
      hint: 'An address says nothing about what it will give tomorrow: add sha256 of the JAR (sha256sum FILE).',
    });
}
