import { z } from 'zod';
import { NewCluster } from '../jobs/schema.ts';

const clusterId = z.string().max(200);
const epoch = z.coerce.number().int().min(0);
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value));

/** What a user says about a cluster: that of a job, and what only a cluster with a life of its own has. */
export const ClusterSpec = NewCluster.extend({
  cluster_name: z.string().max(100).optional(),
  autotermination_minutes: z
    .int()
    .refine((minutes) => minutes === 0 || (minutes >= 10 && minutes <= 10_000), 'must be 0, or 10 to 10000')
    .optional(),
  custom_tags: z.record(z.string().max(127), z.string().max(255)).optional(),
  policy_id: z.string().max(200).optional(),
  apply_policy_default_values: z.boolean().optional(),
  instance_pool_id: z.string().max(200).optional(),
});
export type ClusterSpec = z.infer<typeof ClusterSpec>;

export const ClusterIdBody = z.looseObject({ cluster_id: clusterId });
export const EditCluster = ClusterSpec.extend({ cluster_id: clusterId });
export const UpdateCluster = z.looseObject({
  cluster_id: clusterId,
  update_mask: z.string().max(10_000),
  cluster: z.looseObject({}).optional(),
});
export const ResizeCluster = z
  .looseObject({
    cluster_id: clusterId,
    num_workers: z.int().min(0).max(100_000).optional(),
    autoscale: ClusterSpec.shape.autoscale,
  })
  .refine((body) => (body.num_workers === undefined) !== (body.autoscale === undefined), {
    message: 'exactly one of num_workers, autoscale is needed',
  });

export const ListClusters = z.looseObject({
  page_size: z.coerce.number().int().min(1).max(100).default(100),
  page_token: z.string().max(200).optional(),
  'filter_by.cluster_states': words.optional(),
  'filter_by.cluster_sources': words.optional(),
  'filter_by.is_pinned': z.enum(['true', 'false']).optional(),
  'filter_by.policy_id': z.string().optional(),
  'sort_by.field': z.enum(['CLUSTER_NAME', 'DEFAULT']).optional(),
  'sort_by.direction': z.enum(['ASC', 'DESC']).optional(),
});
export type ListClusters = z.infer<typeof ListClusters>;

export const ListEvents = z.looseObject({
  cluster_id: clusterId,
  start_time: epoch.optional(),
  end_time: epoch.optional(),
  order: z.enum(['ASC', 'DESC']).default('DESC'),
  event_types: z.array(z.string().max(100)).max(100).optional(),
  page_size: z.coerce.number().int().min(0).max(500).optional(),
  page_token: z.string().max(200).optional(),
  offset: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(0).max(500).optional(),
});
export type ListEvents = z.infer<typeof ListEvents>;
