/**
 * Options of a JVM as a file that `java @FILE` reads. They come as Spark takes them: words apart by spaces, with single or double quotes and
 * backslashes for what has spaces of its own.
 */
export function javaOptionsFile(options: string): string {
  return wordsOf(options)
    .map((word) => `"${word.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"\n`)
    .join('');
}

/** Names of the system properties that such options set. */
export function systemPropertiesOf(options: string): string[] {
  return wordsOf(options).flatMap((option) => /^-D([^=]+)=/s.exec(option)?.[1] ?? []);
}

const word = /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\]|["'\\])+/gs;
const piece = /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)|(.)/gs;

function wordsOf(options: string): string[] {
  return (options.match(word) ?? []).map((text) =>
    text.replace(piece, (_all, double?: string, single?: string, marked?: string, plain?: string) =>
      double === undefined ? (single ?? marked ?? plain ?? '') : double.replace(/\\(.)/gs, '$1'),
    ),
  );
}
