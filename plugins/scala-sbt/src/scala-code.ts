/** Scala source with its comments blanked (line breaks kept): text in strings stays, so that a URL is no comment. */
export function scalaCode(source: string): string {
  let out = '';
  let at = 0;
  while (at < source.length) {
    const end = tokenEnd(source, at);
    const token = source.slice(at, end);
    out += token.startsWith('//') || token.startsWith('/*') ? token.replace(/[^\n]/g, ' ') : token;
    at = end;
  }
  return out;
}

function tokenEnd(source: string, at: number): number {
  if (source.startsWith('//', at)) return indexOrEnd(source, '\n', at);
  if (source.startsWith('/*', at)) return blockCommentEnd(source, at);
  if (source.startsWith('"""', at)) return indexOrEnd(source, '"""', at + 3) + 3;
  if (source[at] === '"') return stringEnd(source, at);
  return at + 1;
}

function indexOrEnd(source: string, what: string, from: number): number {
  const index = source.indexOf(what, from);
  return index < 0 ? source.length : index;
}

/** Block comments nest in Scala. */
function blockCommentEnd(source: string, from: number): number {
  let depth = 1;
  let at = from + 2;
  while (at < source.length && depth > 0) {
    if (source.startsWith('/*', at)) depth++;
    else if (source.startsWith('*/', at)) depth--;
    else {
      at++;
      continue;
    }
    at += 2;
  }
  return at;
}

function stringEnd(source: string, from: number): number {
  let at = from + 1;
  while (at < source.length && source[at] !== '"' && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}
