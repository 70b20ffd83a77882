export interface GoMod {
  module: string;
  /** Lowest Go that the module wants: `1.22`. */
  go: string;
  requires: boolean;
  /** Modules that are replaced by a folder outside the project. */
  outside: string[];
}

/** The part of a `go.mod` that a plan needs; `undefined` for text that is none. @see https://go.dev/ref/mod#go-mod-file */
export function readGoMod(text: string): GoMod | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\/\/.*$/, '').trim());
  const module = lines
    .map((line) => /^module\s+"?([A-Za-z0-9._~/-]+)"?$/.exec(line)?.[1])
    .find((name) => name !== undefined);
  if (module === undefined) return undefined;
  const go = lines.map((line) => /^go\s+(\d+\.\d+(?:\.\d+)?)/.exec(line)?.[1]).find((version) => version !== undefined);
  return {
    module,
    go: go ?? '1.16',
    requires: lines.some((line) => /^require\s/.test(line)),
    outside: lines.flatMap((line) => /=>\s+((?:\.\.|\/)\S*)/.exec(line)?.[1] ?? []),
  };
}

/** Whether a Go of `have` builds a module that wants `want`. */
export function isAtLeast(have: string, want: string): boolean {
  const [a, b] = [have, want].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (a?.[part] ?? 0) - (b?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
