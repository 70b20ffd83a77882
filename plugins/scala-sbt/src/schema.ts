import { z } from 'zod';

/** `build.options` of a pipeline file: nothing yet, so that a misspelt option is an error and not a wish. */
const Options = z.strictObject({});

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;
