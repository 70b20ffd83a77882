import { z } from 'zod';

/** `build.options` of a pipeline file: nothing yet, so that a misspelt option is an error and not a wish. */
const Options = z.strictObject({});

export const configSchema = z.toJSONSchema(Options) as Record<string, unknown>;

const Strings = z.array(z.string());
/** An entry of a dependency group: a requirement, or the name of another group (PEP 735). */
const GroupEntry = z.union([z.string(), z.object({ 'include-group': z.string() })]);

/** The parts of `pyproject.toml` that a plan needs; tools' own tables are left alone. */
export const PyProject = z.object({
  'build-system': z.object({ requires: Strings.default([]), 'build-backend': z.string().optional() }).optional(),
  project: z
    .object({ name: z.string(), 'optional-dependencies': z.record(z.string(), Strings).default({}) })
    .optional(),
  'dependency-groups': z.record(z.string(), z.array(GroupEntry)).default({}),
  tool: z.object({ poetry: z.object({}).optional() }).optional(),
});
export type PyProject = z.infer<typeof PyProject>;
