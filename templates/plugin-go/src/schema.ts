import { z } from 'zod';

/** `build.options` of a pipeline file. */
const Options = z.strictObject({
  /** Build tags: `-tags`. */
  tags: z
    .array(z.string().regex(/^[A-Za-z0-9_.]{1,100}$/))
    .max(20)
    .optional(),
});
export type Options = z.infer<typeof Options>;

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;
