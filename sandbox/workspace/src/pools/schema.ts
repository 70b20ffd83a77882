import { z } from 'zod';

const name = z.string().min(1).max(100);
const count = z.int().min(0).max(100_000);

export const CreatePolicy = z.looseObject({
  name,
  /** A JSON text: path of an attribute to its rule. */
  definition: z.string().max(100_000).optional(),
  description: z.string().max(1_000).optional(),
  max_clusters_per_user: count.optional(),
});
export const EditPolicy = CreatePolicy.extend({ policy_id: z.string().max(200) });
export const PolicyId = z.looseObject({ policy_id: z.string().max(200) });

const value = z.union([z.string(), z.number(), z.boolean()]);
const common = { hidden: z.boolean().optional(), isOptional: z.boolean().optional() };
const Rule = z.discriminatedUnion('type', [
  z.looseObject({ ...common, type: z.literal('fixed'), value }),
  z.looseObject({ ...common, type: z.literal('forbidden') }),
  z.looseObject({ ...common, type: z.literal('allowlist'), values: z.array(value), defaultValue: value.optional() }),
  z.looseObject({ ...common, type: z.literal('blocklist'), values: z.array(value), defaultValue: value.optional() }),
  z.looseObject({ ...common, type: z.literal('regex'), pattern: z.string().max(500), defaultValue: value.optional() }),
  z.looseObject({
    ...common,
    type: z.literal('range'),
    minValue: z.number().optional(),
    maxValue: z.number().optional(),
    defaultValue: value.optional(),
  }),
  z.looseObject({ ...common, type: z.literal('unlimited'), defaultValue: value.optional() }),
]);
export type Rule = z.infer<typeof Rule>;
export const PolicyDefinition = z.record(z.string().max(300), Rule);

export const CreatePool = z.looseObject({
  instance_pool_name: name,
  node_type_id: z.string().max(200),
  min_idle_instances: count.optional(),
  max_capacity: count.optional(),
  idle_instance_autotermination_minutes: count.optional(),
  custom_tags: z.record(z.string().max(127), z.string().max(255)).optional(),
  preloaded_spark_versions: z.array(z.string().max(100)).max(10).optional(),
});
export const EditPool = CreatePool.extend({ instance_pool_id: z.string().max(200) });
export const PoolId = z.looseObject({ instance_pool_id: z.string().max(200) });
