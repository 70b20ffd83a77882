import { z } from 'zod';

/** `build.options` of a pipeline file: nothing yet, so that a misspelt option is an error and not a wish. */
const Options = z.strictObject({});

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;

/** The part of a Jupyter notebook that says its language. */
export const Jupyter = z.object({
  nbformat: z.int(),
  metadata: z
    .object({
      'application/vnd.databricks.v1+notebook': z
        .object({ language: z.string().optional() })
        .optional()
        .catch(undefined),
      kernelspec: z.object({ language: z.string().optional() }).optional().catch(undefined),
      language_info: z.object({ name: z.string().optional() }).optional().catch(undefined),
    })
    .default({}),
  cells: z.array(z.object({ source: z.union([z.string(), z.array(z.string())]).default('') })),
});
export type Jupyter = z.infer<typeof Jupyter>;
