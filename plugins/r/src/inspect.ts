import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { notebookFile } from './notebook-source.ts';

/** The set holds the notebook that runs the program, and what that names: the script, or the package among the companions. */
export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  const about = /^# slowlane: (package|script) (.+)$/m.exec(artifact.contents[notebookFile] ?? '');
  if (artifact.kind !== 'notebooks' || about === null)
    throw new PlanRefusal('artifact.invalid', `${artifact.name} holds no ${notebookFile} that says what it runs`);
  const main = notebookFile.replace(/\.r$/, '');
  const base = {
    plugin: 'r',
    kind: 'notebooks' as const,
    main,
    mainCandidates: [main],
    notebooks: [{ path: notebookFile, language: 'r' as const }],
    spark: 'provided' as const,
  };
  const words = (about[2] as string).split(' ');
  if (about[1] === 'script') {
    const script = about[2] as string;
    if (artifact.entries.some(({ path }) => path === script)) return base;
    throw new PlanRefusal('artifact.entry-point-missing', `${artifact.name} holds no script "${script}"`);
  }
  const [name = '', version = '', entry = ''] = words;
  const file = `${name}_${version}.tar.gz`;
  if (!artifact.companions.some((companion) => companion.name === file))
    throw new PlanRefusal('artifact.invalid', `the package ${file} is not beside ${artifact.name}`);
  const wanted = expectation.main;
  if (wanted !== undefined && wanted !== entry && wanted !== `${name}::${entry}`)
    throw new PlanRefusal(
      'artifact.entry-point-missing',
      `${artifact.name} runs ${name}::${entry}, job.main is ${wanted}`,
    );
  return { ...base, r: { package: name, version } };
}
