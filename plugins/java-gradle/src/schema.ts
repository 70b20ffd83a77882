import { z } from 'zod';

/** `build.options` of a pipeline file. */
const Options = z.strictObject({
  /** Path of the project that is the driver, where the build has several: `app`, `jobs:daily`. */
  project: z
    .string()
    .regex(/^:?[A-Za-z0-9_.-]{1,100}(:[A-Za-z0-9_.-]{1,100}){0,9}$/, 'a project of the build: app, or jobs:daily')
    .optional(),
  /** Task that makes the JAR; default: shadowJar where the shadow plugin is applied, else jar. */
  task: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/, 'the name of a task: jar')
    .optional(),
  /** `toolchain` takes the machine's Gradle in the place of the wrapper's. */
  gradle: z.enum(['wrapper', 'toolchain']).optional(),
});
export type Options = z.infer<typeof Options>;

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;
