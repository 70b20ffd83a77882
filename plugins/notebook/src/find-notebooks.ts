import type { TreeSnapshot } from '@slowlane/contracts';
import { formatOf, type Language, languageOf } from './notebook-format.ts';

export interface FoundNotebook {
  path: string;
  /** `undefined` where the file is too large to be read here: the build and `inspect` look at it. */
  language: Language | undefined;
}

export interface Found {
  notebooks: FoundNotebook[];
  /** Notebooks that cannot be read, with the reason. */
  broken: { path: string; wrong: string }[];
  /** Python files beside them that notebooks may import. */
  modules: string[];
}

/** The notebooks of a project, at most one folder deep; tests are none of them. */
export function findNotebooks(tree: TreeSnapshot): Found {
  const found: Found = { notebooks: [], broken: [], modules: [] };
  for (const { path } of tree.entries) {
    if (!isInPlace(path)) continue;
    const text = tree.contents[path];
    const format = formatOf(path);
    if (format === undefined) continue;
    const language = text === undefined ? (format === 'jupyter' ? undefined : null) : (languageOf(path, text) ?? null);
    if (language === null) {
      if (format === 'python' && text !== undefined) found.modules.push(path);
    } else if (typeof language === 'object') found.broken.push({ path, wrong: language.wrong });
    else found.notebooks.push({ path, language });
  }
  return found;
}

function isInPlace(path: string): boolean {
  return path.split('/').length <= 2 && !/^(tests?\/|\.)|(^|\/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$/.test(path);
}

/** Java files at the top, where there is no build tool: one program of a few classes. */
export function javaFiles(tree: TreeSnapshot): string[] {
  return tree.entries.map((entry) => entry.path).filter((path) => /^[^/]+\.java$/.test(path));
}
