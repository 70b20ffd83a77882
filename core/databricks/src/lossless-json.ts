/**
 * JSON without losing int64 ids: an integer that a double cannot hold becomes its decimal text. `JSON.parse` alone would change
 * 9007199254740993 to …992.
 *
 * @example parseLossless('{"run_id":9007199254740993}') // { run_id: '9007199254740993' }
 */
export function parseLossless(text: string): unknown {
  return (JSON.parse as SourceTextParse)(text, (_key, value, context) => {
    const isUnsafe = typeof value === 'number' && !Number.isSafeInteger(value);
    return isUnsafe && context.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
  });
}

/** An id as the JSON number that it is on the wire: `{ run_id: rawId('9007199254740993') }` keeps every digit. */
export function rawId(id: string): unknown {
  if (!/^[0-9]{1,19}$/.test(id)) throw new RangeError(`not an id of the Jobs API: ${id.slice(0, 40)}`);
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(id);
}

/** The reviver's third argument and `rawJSON` (TC39 proposal-json-parse-with-source) are in Node 24 and not yet in TypeScript's library. */
type SourceTextParse = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;
