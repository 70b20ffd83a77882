import type { JsonObject } from '@slowlane/contracts';
import { type ErrorObject, Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { RE2JS } from 're2js';

/** Every fault of a body, or none. */
export type BodyCheck = (body: JsonObject) => ErrorObject[];

/**
 * Compiles the JSON Schema (2020-12) of an operation's request body. Throws an `Error` that says what is wrong with the schema. Patterns run on a linear-time
 * engine, because author's pattern and stranger's text together can otherwise stop the process; look-around and back references are therefore refused.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function compileSchema(schema: JsonObject): BodyCheck {
  const ajv = new Ajv2020({ allErrors: true, strict: false, code: { regExp: linearTime }, addUsedSchema: false });
  ajvFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (body) => (validate(body) ? [] : (validate.errors ?? []));
}

function linearTimePattern(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

const linearTime = Object.assign(linearTimePattern, { code: 'linearTimePattern' });
