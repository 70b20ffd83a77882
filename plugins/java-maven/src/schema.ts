import { z } from 'zod';

/** `build.options` of a pipeline file. */
const Options = z.strictObject({
  /** Folder of the module that is the driver, where the build has several. */
  module: z
    .string()
    .regex(/^[A-Za-z0-9_.][A-Za-z0-9_./-]{0,200}$/, 'a folder of the project: app, or jobs/daily')
    .optional(),
  /** Maven profiles to switch on. */
  profiles: z
    .array(z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/))
    .max(20)
    .optional(),
});
export type Options = z.infer<typeof Options>;

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;
