import { z } from 'zod';

/** Plain JSON. */
/** Any JSON. Not zod's own schema of it, which tries each kind for each value: a body of a megabyte would hold up everybody for a tenth of a second. */
export const Json: z.ZodType<Json> = z.unknown().refine(isJson, 'is not JSON') as z.ZodType<unknown> as z.ZodType<Json>;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export const JsonObject = z.record(z.string(), Json);
export type JsonObject = z.infer<typeof JsonObject>;

/** Name of a pipeline, pool, workspace, resource or operation: also safe in a path, a Redis key and a gate dimension. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
    'lower-case letters, digits, ".", "_" and "-", 1 to 64 characters',
  );
export type Name = z.infer<typeof Name>;

/** A language plugin by its id, or by `id@version` where several of one id are installed. */
export const LanguageName = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*(?:@\d+\.\d+\.\d+)?$/, 'the id of a language plugin, or id@version');

/** Digest of exact bytes: algorithm and lower-case hex. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;

/** Epoch milliseconds, UTC. */
export const Timestamp = z.int().nonnegative();
export type Timestamp = number;

/**
 * Ids are a short prefix and a ULID, so that they sort by time and name their kind: `req_`, `bld_`, `push_`, `cor_`, `reg_`.
 * A part's id is its request's id and its index: `req_01J…-0`.
 */
export const Id = z
  .string()
  .regex(
    /^[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}(?:-\d{1,4})?$/,
    'not an id: a short prefix, "_" and 26 letters and digits',
  );
export type Id = z.infer<typeof Id>;

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.every(isJson) : Object.values(value).every(isJson);
}
