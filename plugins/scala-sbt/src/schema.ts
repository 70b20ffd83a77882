import { z } from 'zod';

/** `build.options` of a pipeline file. */
const Options = z.strictObject({
  /** The sbt project that is the driver, where the build has several: the name of its `val`. */
  project: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,60}$/, 'the name of a project of the build: app')
    .optional(),
});
export type Options = z.infer<typeof Options>;

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;
