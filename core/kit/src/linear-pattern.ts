/** How much of a line is looked at: bounds the cost of a pattern together with `isLinearPattern`. */
export const patternLineLength = 1_000;

const longestPattern = 300;
const mostRepeats = 2;

/**
 * Whether a pattern written by others can be matched against a line of at most `patternLineLength` characters in bounded time: valid, without
 * back-references and look-around, no repeat of a group, and at most two open repeats (`*`, `+`, `{n,}`) per alternative.
 */
export function isLinearPattern(source: string): boolean {
  if (source.length > longestPattern || !isValid(source)) return false;
  let repeats = 0;
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    const char = source[at] as string;
    if (char === '\\') {
      if (/[1-9k]/.test(source[at + 1] ?? '')) return false;
      at++;
    } else if (char === '[') at = endOfClass(source, at);
    else if (char === '(') {
      if (source[at + 1] === '?' && source[at + 2] !== ':') return false;
      depth++;
    } else if (char === ')') {
      if (/[*+{?]/.test(source[at + 1] ?? '')) return false;
      depth--;
    } else if (char === '|' && depth === 0) repeats = 0;
    else if (/[*+]/.test(char) || isOpenBrace(source, at)) {
      if (++repeats > mostRepeats) return false;
    }
  }
  return true;
}

/** Compiles patterns of others; those that are not linear are a programmer's mistake here: check them where they come in. */
export function linearPattern(source: string): RegExp {
  if (!isLinearPattern(source)) throw new Error(`not a linear pattern: ${source}`);
  return new RegExp(source);
}

function isValid(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

function endOfClass(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== ']') at += source[at] === '\\' ? 2 : 1;
  return at;
}

/** `{2,}` without end, or a count so high that it costs the same. */
function isOpenBrace(source: string, at: number): boolean {
  const match = /^\{(\d+)(,(\d*))?\}/.exec(source.slice(at, at + 20));
  if (match === null) return false;
  return match[2] === ',' || Number(match[3] ?? match[1]) > 10;
}
