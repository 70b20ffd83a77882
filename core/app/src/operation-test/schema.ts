import { JsonObject } from '@slowlane/contracts';
import { z } from 'zod';

const PartExample = z.strictObject({ key: z.string().optional(), document: JsonObject });

/** What parts came to, and what the operation is to make of it. */
const JoinExample = z.strictObject({
  parts: z
    .array(
      z.strictObject({
        key: z.string(),
        state: z.enum(['succeeded', 'failed', 'timed-out', 'cancelled']).default('succeeded'),
        document: JsonObject.default({}),
        files: z.array(z.strictObject({ name: z.string(), size: z.int().default(0) })).default([]),
      }),
    )
    .min(1),
  expect: z.strictObject({
    outcome: z.enum(['succeeded', 'failed']),
    missing: z.array(z.string()).optional(),
    summary: JsonObject.optional(),
    message: z.string().optional(),
  }),
});
export type JoinExample = z.infer<typeof JoinExample>;

export const OperationExample = z.strictObject({
  name: z.string().min(1),
  body: JsonObject.default({}),
  /** What look-ups find: rows by path of the table or file, answers by URL. */
  given: z
    .strictObject({
      files: z.record(z.string(), z.array(z.json())).default({}),
      http: z.record(z.string(), z.json()).default({}),
    })
    .prefault({}),
  expect: z
    .strictObject({
      outcome: z.enum(['parts', 'nothing-to-do', 'failed']).optional(),
      parts: z.array(PartExample).optional(),
      /** Keys alone, where the documents do not matter. */
      keys: z.array(z.string()).optional(),
      mediated: JsonObject.optional(),
      /** Code of the failure, and a piece of its message. */
      code: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  join: JoinExample.optional(),
});
export type OperationExample = z.infer<typeof OperationExample>;

/** `daily.tests.yaml`: examples of an operation. */
export const OperationExamples = z.strictObject({ tests: z.array(OperationExample).min(1).max(1_000) });
export type OperationExamples = z.infer<typeof OperationExamples>;
