import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { inspectJar } from '@slowlane/kit';
import { entryOf } from './entry-of.ts';
import { type Language, languageOf, maxNotebookBytes, notebookPath } from './notebook-format.ts';

/** The notebooks of a set with their languages, or the JAR of a Java file, against the runtime. */
export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  if (artifact.kind === 'jar') return inspectJava(artifact, expectation);
  if (artifact.kind !== 'notebooks')
    throw new PlanRefusal('artifact.invalid', `${artifact.name} is no set of notebooks`);
  const large = artifact.entries.find(({ size }) => size > maxNotebookBytes);
  if (large !== undefined)
    throw new PlanRefusal('artifact.invalid', `${large.path}: ${large.size} bytes, at most ${maxNotebookBytes}`);
  const notebooks = artifact.entries.flatMap(({ path }) => {
    const language = languageIn(artifact, path);
    return language === undefined ? [] : [{ path, language }];
  });
  const entry = entryOf(notebooks, expectation.main, 'artifact.entry-point-missing');
  return {
    plugin: 'notebook',
    kind: 'notebooks',
    main: notebookPath(entry.path),
    mainCandidates: notebooks.map(({ path }) => notebookPath(path)),
    notebooks,
    spark: 'provided',
  };
}

/** Texts are cut at 64 KiB: of a Jupyter notebook that was packed here the head tells the language all the same. */
function languageIn(artifact: ArtifactView, path: string): Language | undefined {
  const text = artifact.contents[path] ?? '';
  const packed =
    /^\{"nbformat": 4, "nbformat_minor": \d+, "metadata": \{"language_info": \{"name": "(python|scala|r|sql)"/;
  if (path.endsWith('.ipynb')) {
    const language = packed.exec(text)?.[1] as Language | undefined;
    if (language !== undefined) return language;
  }
  const language = languageOf(path, text);
  if (typeof language === 'object') throw new PlanRefusal('artifact.invalid', `${path}: ${language.wrong}`);
  return language;
}

function inspectJava(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  return inspectJar('notebook', {
    artifact,
    expectation,
    hints: {
      scala: (wanted) => `Use classes of Scala ${wanted}`,
      java: (wanted) => `Compile for Java ${wanted}`,
      main: 'Add a class with public static void main(String[] args).',
    },
  });
}
