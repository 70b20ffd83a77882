import { invalidParameter } from './api-error.ts';

/** What is needed of a schema; those themselves are in the files called `schema.ts`. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

/** A checked body or query; 400 `INVALID_PARAMETER_VALUE` names the first field that is wrong. */
export function parseInput<T>(schema: Schema<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw invalidParameter(field === '' ? `${issue?.message}` : `${field}: ${issue?.message}`);
}
