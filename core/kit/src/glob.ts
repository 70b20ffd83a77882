import picomatch from 'picomatch';

/** Whether a `/`-separated path matches a glob (`*`, `**`, `?`, `{a,b}`); names that begin with a dot match like others. */
export function matchesGlob(path: string, glob: string): boolean {
  return matcherOf(glob)(path);
}

/** Compiling a glob costs far more than a match, and callers hold a few globs against thousands of paths. */
const matchers = new Map<string, (path: string) => boolean>();
const MAX_MATCHERS = 1_000;

function matcherOf(glob: string): (path: string) => boolean {
  const known = matchers.get(glob);
  if (known !== undefined) return known;
  const matcher = picomatch(glob, { dot: true, nonegate: true });
  if (matchers.size >= MAX_MATCHERS) matchers.clear();
  matchers.set(glob, matcher);
  return matcher;
}

/** The paths that match one of `include` and none of `exclude`. */
export function selectByGlobs(
  paths: readonly string[],
  include: readonly string[],
  exclude: readonly string[],
): string[] {
  return paths.filter(
    (path) => include.some((glob) => matchesGlob(path, glob)) && !exclude.some((glob) => matchesGlob(path, glob)),
  );
}
