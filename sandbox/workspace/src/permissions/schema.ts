import { z } from 'zod';

const name = z.string().min(1).max(255).optional();

export const AccessControl = z.object({
  access_control_list: z
    .array(
      z
        .object({
          user_name: name,
          group_name: name,
          service_principal_name: name,
          permission_level: z.string().max(60),
        })
        .refine(
          (entry) =>
            [entry.user_name, entry.group_name, entry.service_principal_name].filter((value) => value !== undefined)
              .length === 1,
          'must name exactly one of user_name, group_name and service_principal_name',
        ),
    )
    .max(1_000)
    .default([]),
});
export type AccessEntry = z.infer<typeof AccessControl>['access_control_list'][number];

/** What the guard reads of any call: ids as numbers or decimal text. */
const id = z
  .union([z.int(), z.string().max(100)])
  .transform(String)
  .optional()
  .catch(undefined);
export const ObjectIds = z
  .object({ job_id: id, run_id: id, cluster_id: id, policy_id: id, instance_pool_id: id })
  .catch({});

/** The same of settings: which jobs their tasks run, and on which clusters. What has another shape is refused by the call itself. */
const Target = z.object({
  run_job_task: z.object({ job_id: id }).optional().catch(undefined),
  existing_cluster_id: id,
});
const targetTasks = z
  .array(
    Target.extend({
      for_each_task: z
        .object({ task: Target.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    }).catch({}),
  )
  .optional()
  .catch(undefined);
export const TargetTasks = z
  .object({ tasks: targetTasks, new_settings: z.object({ tasks: targetTasks }).optional().catch(undefined) })
  .catch({});
