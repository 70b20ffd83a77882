/** A file of a Go module proxy whose sum stands in a `go.sum`. */
export interface GoFile {
  kind: 'zip' | 'mod';
  module: string;
  version: string;
  /** `module@version` as in addresses, where an upper-case letter is `!` and the lower-case one. */
  coordinate: string;
}

/**
 * Reads `example.org/!words/@v/v1.0.0.zip`; `undefined` for everything that has no sum, such as lists of versions.
 *
 * @see https://go.dev/ref/mod#goproxy-protocol
 */
export function goFileOf(below: string): GoFile | undefined {
  const [, path, version, kind] = /^(.+)\/@v\/([^/]+)\.(zip|mod)$/.exec(below) ?? [];
  if (path === undefined || version === undefined) return undefined;
  return {
    kind: kind as GoFile['kind'],
    module: unescaped(path),
    version: unescaped(version),
    coordinate: `${path}@${version}`,
  };
}

function unescaped(text: string): string {
  return text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
