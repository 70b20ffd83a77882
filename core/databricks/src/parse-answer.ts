import { SlowLaneError } from '@slowlane/contracts';

/** What a zod schema can do, without importing zod here. */
interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
}

/** The answer in the shape that was expected, or `workspace.rejected` that says what was missing. */
export function parseAnswer<T>(shape: Shape<T>, value: unknown, call: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.message.replaceAll(/\s+/g, ' ').slice(0, 500);
  throw new SlowLaneError('workspace.rejected', `${call}: the answer has an unknown shape: ${issues}`, {
    hint: 'Check that the address is a Databricks workspace.',
    data: { call },
  });
}
