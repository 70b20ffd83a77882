import type { Json, JsonObject } from '@slowlane/contracts';

export const redacted = '[redacted]';

/**
 * A copy of a document in which each place that a JSON pointer names holds `[redacted]`. `*` stands for every element of a list and every member of an object.
 * What is not there stays absent; the document itself is not changed.
 *
 * @example redactJson({ rows: [{ iban: 'DE1' }] }, ['/rows/0/iban']) // { rows: [{ iban: '[redacted]' }] }
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function redactJson(document: JsonObject, pointers: readonly string[]): JsonObject {
  return pointers.reduce((at, pointer) => hide(at, tokensOf(pointer)) as JsonObject, document);
}

/** Whether a pointer hides a top-level field or something below it. */
export function hidesPath(pointer: string, field: string): boolean {
  const first = tokensOf(pointer)[0];
  return first === '*' || first === field;
}

/** The pointers that hide the same values in the documents of parts, where the elements of the list `by` stand alone under `as` (or as a chunk of them). */
export function pointersOfParts(
  pointers: readonly string[],
  split: { by?: string | undefined; as?: string | undefined; isChunked: boolean },
): string[] {
  if (split.by === undefined) return [...pointers];
  const name = escape(split.as ?? split.by);
  return pointers.flatMap((pointer) => {
    const [first, second, ...rest] = pointer.slice(1).split('/');
    if (first !== '*' && unescape(first ?? '') !== split.by) return [pointer];
    if (second === undefined) return [`/${name}`];
    // One element alone stands for every place in the list; a chunk is a list again.
    return [`/${[name, ...(split.isChunked ? ['*'] : []), ...rest].join('/')}`, pointer];
  });
}

function hide(value: Json, [token, ...rest]: string[]): Json {
  if (token === undefined) return redacted;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((element, index) => (token === '*' || token === String(index) ? hide(element, rest) : element));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, token === '*' || token === key ? hide(member, rest) : member]),
  );
}

function tokensOf(pointer: string): string[] {
  return pointer.slice(1).split('/').map(unescape);
}

function unescape(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function escape(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
