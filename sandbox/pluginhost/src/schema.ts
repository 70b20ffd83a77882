import { z } from 'zod';

/** What an answer must look like; named here so that only schema files know zod. */
export type AnswerSchema<T> = z.ZodType<T>;

const text = z.string().max(4_000);

/** One line of the runner. */
export const Reply = z.object({
  id: z.string(),
  answer: z.unknown().optional(),
  refusal: z
    .object({ code: text, message: text, hint: text.optional(), candidates: z.array(text).max(200).default([]) })
    .optional(),
  threw: z.string().optional(),
});
export type Reply = z.infer<typeof Reply>;

export const DetectionAnswer = z.discriminatedUnion('match', [
  z.strictObject({ match: z.literal('yes'), evidence: z.array(text).min(1).max(100) }),
  z.strictObject({ match: z.literal('no') }),
  z.strictObject({ match: z.literal('error'), evidence: z.array(text).max(100), reason: text }),
]);

export const ManifestAnswer = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  contract: z.literal(1),
  configSchema: z.record(z.string(), z.unknown()),
  reads: z
    .array(z.strictObject({ glob: z.string().min(1).max(200), maxBytes: z.int().min(1).max(1_048_576) }))
    .max(100),
  toolchains: z.array(text).max(50),
  registries: z.array(text).max(50),
  layouts: z.record(text, z.array(z.string().min(1).max(200)).max(50)).optional(),
});
