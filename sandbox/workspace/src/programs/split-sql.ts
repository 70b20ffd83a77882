/**
 * The statements of a SQL text, without their semicolons. A semicolon inside quotes, backticks or a comment separates nothing; a text of
 * comments alone holds no statement.
 *
 * @example splitSql("SELECT ';'; -- one; two\nSELECT 2") // ["SELECT ';'", "-- one; two\nSELECT 2"]
 */
export function splitSql(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  let hasCode = false;
  for (const token of text.matchAll(tokens)) {
    if (token[0] === ';') {
      if (hasCode) pieces.push(text.slice(from, token.index));
      from = token.index + 1;
      hasCode = false;
    } else if (!isComment(token[0]) && token[0].trim() !== '') hasCode = true;
  }
  if (hasCode) pieces.push(text.slice(from));
  return pieces.map((piece) => piece.trim());
}

/** Quoted text (Spark escapes by a backslash), names in backticks, comments, semicolons, anything else. */
const tokens = /'(?:\\[^]|[^'\\])*'?|"(?:\\[^]|[^"\\])*"?|`[^`]*`?|--[^\n]*|\/\*[^]*?(?:\*\/|$)|;|[^'"`;\-/]+|[-/]/g;

function isComment(token: string): boolean {
  return token.startsWith('--') || token.startsWith('/*');
}
