import type { TreeSnapshot } from '@slowlane/contracts';

export interface Description {
  package: string;
  version: string;
}

/**
 * Name and version of the R package in the project folder; `undefined` without a DESCRIPTION, a text says what is wrong with it.
 *
 * @see https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file
 */
export function descriptionOf(tree: TreeSnapshot): Description | { wrong: string } | undefined {
  if (!tree.entries.some(({ path }) => path === 'DESCRIPTION')) return undefined;
  const text = tree.contents['DESCRIPTION'];
  if (text === undefined) return { wrong: 'DESCRIPTION is too large or no UTF-8 text' };
  const name = field(text, 'Package');
  const version = field(text, 'Version');
  if (name === undefined || !/^[A-Za-z][A-Za-z0-9.]*[A-Za-z0-9]$/.test(name))
    return { wrong: 'DESCRIPTION has no "Package:" with the name of a package' };
  if (version === undefined || !/^\d+([.-]\d+)+$/.test(version))
    return { wrong: 'DESCRIPTION has no "Version:" like 1.0.0' };
  return { package: name, version };
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(\\S+)[ \\t]*$`, 'm').exec(text)?.[1];
}

/** Functions that `NAMESPACE` exports by name; `undefined` when it exports by pattern. */
export function exportsOf(tree: TreeSnapshot): string[] | undefined {
  const text = (tree.contents['NAMESPACE'] ?? '').replace(/#.*$/gm, '');
  if (/\bexportPattern\s*\(/.test(text)) return undefined;
  return [...text.matchAll(/\bexport\s*\(([^)]*)\)/g)].flatMap(([, names]) =>
    (names as string)
      .split(',')
      .map((name) => name.trim().replace(/^["'`]|["'`]$/g, ''))
      .filter((name) => name !== ''),
  );
}
