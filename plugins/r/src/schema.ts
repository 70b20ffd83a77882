import { z } from 'zod';

/** `build.options` of a pipeline file: nothing yet, so that a misspelt option is an error and not a wish. */
const Options = z.strictObject({});

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;

/** The part of `renv.lock` that is used. @see https://rstudio.github.io/renv/articles/lockfile.html */
export const RenvLock = z.object({
  R: z.object({ Version: z.string().optional() }).optional(),
  Packages: z.record(
    z.string(),
    z.object({ Package: z.string(), Version: z.string(), Source: z.string().default('Repository') }),
  ),
});
export type RenvLock = z.infer<typeof RenvLock>;
