import type { JsonObject } from '@slowlane/contracts';

/** The body with the values that it left out (top level). A field that is there stays as it is, `null` too. */
export function applyDefaults(body: JsonObject, defaults: JsonObject): JsonObject {
  return { ...defaults, ...body };
}
