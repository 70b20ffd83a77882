import { z } from 'zod';

/** An int64 as the API sends it: a number or a decimal string; ours all fit below 2^53. */
export const Id = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^[0-9]{1,15}$/, 'must be a number')
      .transform(Number),
  ])
  .refine((id) => id >= 0 && id <= Number.MAX_SAFE_INTEGER, 'must be an id of this workspace');

const seconds = z.int().min(0).max(31_536_000);
const keyName = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be 1 to 100 letters, digits, "_" or "-"');
const textList = z.array(z.string().max(10_000)).max(1_000);
const destinations = z
  .array(z.looseObject({ id: z.string().max(100) }))
  .max(3, 'at most 3 destinations')
  .optional();

/** Which destinations hear of what. @see https://docs.databricks.com/api/workspace/jobs/create (webhook_notifications) */
export const WebhookNotifications = z.looseObject({
  on_start: destinations,
  on_success: destinations,
  on_failure: destinations,
  on_duration_warning_threshold_exceeded: destinations,
});
export type WebhookNotifications = z.infer<typeof WebhookNotifications>;

export const NotificationSettings = z.looseObject({
  no_alert_for_skipped_runs: z.boolean().optional(),
  no_alert_for_canceled_runs: z.boolean().optional(),
  alert_on_last_attempt: z.boolean().optional(),
});

/** Durations are seconds. */
export const Health = z.looseObject({
  rules: z
    .array(
      z.looseObject({
        metric: z.enum(['RUN_DURATION_SECONDS'], {
          error: 'only RUN_DURATION_SECONDS is watched by the local workspace',
        }),
        op: z.enum(['GREATER_THAN']),
        value: z.int().min(0),
      }),
    )
    .max(10)
    .optional(),
});

const told = {
  webhook_notifications: WebhookNotifications.optional(),
  notification_settings: NotificationSettings.optional(),
  health: Health.optional(),
};
const textMap = z.record(z.string().max(1_000), z.string().max(10_000));

export const JarTask = z.looseObject({
  main_class_name: z
    .string()
    .max(1_000)
    .regex(/^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u, 'must be the full name of a class'),
  parameters: textList.optional(),
});

export const PythonTask = z.looseObject({
  python_file: z.string().max(4_096),
  parameters: textList.optional(),
  source: z.enum(['WORKSPACE']).optional(),
});

export const WheelTask = z
  .looseObject({
    package_name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/, 'must be the name of a package'),
    entry_point: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/, 'must be the name of an entry point'),
    parameters: textList.optional(),
    named_parameters: textMap.optional(),
  })
  .refine((task) => task.parameters === undefined || task.named_parameters === undefined, {
    message: 'parameters and named_parameters exclude each other',
  });

export const NotebookTask = z.looseObject({
  notebook_path: z.string().min(1).max(4_096),
  base_parameters: z.record(z.string().max(1_000), z.string().max(100_000)).optional(),
  source: z.enum(['WORKSPACE']).optional(),
  warehouse_id: z.string().max(200).optional(),
});

export const SqlTask = z.looseObject({
  warehouse_id: z.string().max(200).optional(),
  file: z.looseObject({ path: z.string().min(1).max(4_096), source: z.enum(['WORKSPACE']).optional() }).optional(),
  parameters: textMap.optional(),
});

const logFolder = z.looseObject({ destination: z.string().min(1).max(4_096) }).nullish();

export const NewCluster = z.looseObject({
  spark_version: z.string().max(100),
  node_type_id: z.string().max(200).optional(),
  num_workers: z.int().min(0).max(100_000).optional(),
  autoscale: z
    .looseObject({ min_workers: z.int().min(0).max(100_000), max_workers: z.int().min(0).max(100_000) })
    .refine((scale) => scale.min_workers <= scale.max_workers, 'min_workers is above max_workers')
    .optional(),
  spark_conf: textMap.optional(),
  /** Where the logs of its driver go. */
  cluster_log_conf: z.looseObject({ volumes: logFolder, dbfs: logFolder }).nullish(),
  spark_env_vars: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,200}$/), z.string().max(10_000)).optional(),
});
export type NewCluster = z.infer<typeof NewCluster>;

export const Library = z.looseObject({ jar: z.string().max(4_096).optional(), whl: z.string().max(4_096).optional() });
export type Library = z.infer<typeof Library>;

export const runIfs = [
  'ALL_SUCCESS',
  'ALL_DONE',
  'NONE_FAILED',
  'AT_LEAST_ONE_SUCCESS',
  'ALL_FAILED',
  'AT_LEAST_ONE_FAILED',
] as const;
export type RunIf = (typeof runIfs)[number];

export const conditionOperators = [
  'EQUAL_TO',
  'NOT_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
] as const;

export const ConditionTask = z.looseObject({
  op: z.enum(conditionOperators),
  left: z.string().max(10_000),
  right: z.string().max(10_000),
});
export type ConditionTask = z.infer<typeof ConditionTask>;

export const RunJobTask = z.looseObject({
  job_id: Id,
  job_parameters: textMap.optional(),
  notebook_params: textMap.optional(),
  jar_params: textList.optional(),
  python_params: textList.optional(),
  python_named_params: textMap.optional(),
});

const taskFields = {
  task_key: keyName,
  description: z.string().max(1_000).optional(),
  spark_jar_task: JarTask.optional(),
  spark_python_task: PythonTask.optional(),
  python_wheel_task: WheelTask.optional(),
  notebook_task: NotebookTask.optional(),
  sql_task: SqlTask.optional(),
  condition_task: ConditionTask.optional(),
  run_job_task: RunJobTask.optional(),
  existing_cluster_id: z.string().max(200).optional(),
  environment_key: z.string().max(200).optional(),
  job_cluster_key: keyName.optional(),
  new_cluster: NewCluster.optional(),
  libraries: z.array(Library).max(500).optional(),
  depends_on: z
    .array(z.looseObject({ task_key: keyName, outcome: z.enum(['true', 'false']).optional() }))
    .max(100)
    .optional(),
  run_if: z.enum(runIfs).optional(),
  timeout_seconds: seconds.optional(),
  max_retries: z.int().min(-1).max(10_000).optional(),
  min_retry_interval_millis: z.int().min(0).max(86_400_000).optional(),
  retry_on_timeout: z.boolean().optional(),
  disabled: z.boolean().optional(),
  ...told,
};

export const ForEachTask = z.looseObject({
  /** A JSON array, or a reference to one. */
  inputs: z.string().max(1_000_000),
  concurrency: z.int().min(1).max(100).optional(),
  task: z.looseObject(taskFields),
});

export const Task = z.looseObject({ ...taskFields, for_each_task: ForEachTask.optional() });
export type Task = z.infer<typeof Task>;

export const JobParameter = z.object({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,200}$/),
  default: z.string().max(10_000),
});
export type JobParameter = z.infer<typeof JobParameter>;

const common = {
  tasks: z.array(Task).min(1, 'a job needs at least one task').max(1_000),
  job_clusters: z
    .array(z.looseObject({ job_cluster_key: keyName, new_cluster: NewCluster }))
    .max(100)
    .optional(),
  timeout_seconds: seconds.optional(),
  queue: z.looseObject({ enabled: z.boolean() }).optional(),
  ...told,
};

export const JobSettings = z.looseObject({
  ...common,
  name: z.string().max(4_096).optional(),
  description: z.string().max(27_700).optional(),
  tags: z
    .record(z.string().max(127), z.string().max(255))
    .refine((tags) => Object.keys(tags).length <= 25, 'at most 25 tags')
    .optional(),
  parameters: z.array(JobParameter).max(100).optional(),
  max_concurrent_runs: z.int().min(0).max(1_000).optional(),
  schedule: z.unknown().optional(),
  continuous: z.unknown().optional(),
  trigger: z.unknown().optional(),
  git_source: z.unknown().optional(),
  environments: z.unknown().optional(),
});
export type JobSettings = z.infer<typeof JobSettings>;

export const JobIdBody = z.object({ job_id: Id });
export const ResetJob = z.object({ job_id: Id, new_settings: JobSettings });
export const UpdateJob = z.object({
  job_id: Id,
  new_settings: z.looseObject({}).optional(),
  fields_to_remove: z.array(z.string().max(300)).max(1_000).optional(),
});
const flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .optional();

export const GetJob = z.object({ job_id: Id, page_token: z.string().optional() });
export const ListJobs = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  page_token: z.string().max(200).optional(),
  name: z.string().max(4_096).optional(),
  expand_tasks: flag,
  offset: z.undefined({ error: 'is not supported, use page_token' }).optional(),
});

const idempotencyToken = z.string().max(64, 'must have at most 64 characters').optional();

export const RunNow = z.looseObject({
  job_id: Id,
  idempotency_token: idempotencyToken,
  job_parameters: textMap.optional(),
  queue: z.looseObject({ enabled: z.boolean() }).optional(),
  notebook_params: textMap.optional(),
  jar_params: textList.optional(),
  python_params: textList.optional(),
  python_named_params: textMap.optional(),
  /** Task keys; `+key` adds what it depends on, `key+` what depends on it. */
  only: z.array(z.string().max(200)).min(1).max(1_000).optional(),
});
export type RunNow = z.infer<typeof RunNow>;

export const SubmitRun = z.looseObject({
  ...common,
  job_clusters: z.undefined({ error: 'is not a field of runs/submit' }).optional(),
  run_name: z.string().max(4_096).optional(),
  idempotency_token: idempotencyToken,
  git_source: z.unknown().optional(),
  environments: z.unknown().optional(),
});
export type SubmitRun = z.infer<typeof SubmitRun>;

export const RepairRun = z.looseObject({
  run_id: Id,
  rerun_tasks: z.array(keyName).max(1_000).optional(),
  rerun_all_failed_tasks: z.boolean().optional(),
  rerun_dependent_tasks: z.boolean().optional(),
  latest_repair_id: Id.optional(),
  job_parameters: textMap.optional(),
});
export type RepairRun = z.infer<typeof RepairRun>;

export const RunIdBody = z.object({ run_id: Id });
export const GetRun = z.object({
  run_id: Id,
  include_resolved_values: flag,
  include_history: flag,
  page_token: z.string().max(200).optional(),
});
export const CancelAll = z.object({ job_id: Id.optional(), all_queued_runs: z.boolean().optional() });
export const ListRuns = z.object({
  job_id: Id.optional(),
  active_only: flag,
  completed_only: flag,
  run_type: z.enum(['JOB_RUN', 'SUBMIT_RUN', 'WORKFLOW_RUN']).optional(),
  start_time_from: z.coerce.number().int().min(0).optional(),
  start_time_to: z.coerce.number().int().min(0).optional(),
  expand_tasks: flag,
  // 0 asks for the largest page; the service itself refuses more than 26.
  limit: z.coerce.number().int().min(0).max(26, 'must be no more than 26').default(20),
  page_token: z.string().max(200).optional(),
  offset: z.undefined({ error: 'is not supported, use page_token' }).optional(),
});
