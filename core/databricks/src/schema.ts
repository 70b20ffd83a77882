import { z } from 'zod';

/** Answers of the workspace, narrowed to the fields we use. Enums are plain strings: the vendor announces more values. Ids become decimal text. */
export const WireId = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,19}$/)]).transform(String);

const text = z.string().optional();
const time = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).optional();
const Parameter = z.object({ name: z.string(), value: text, default: text });

export const CreatedJob = z.object({ job_id: WireId });
export const StartedRun = z.object({ run_id: WireId });
export const WireJob = z.object({
  job_id: WireId,
  settings: z.record(z.string(), z.json()).default({}),
  creator_user_name: text,
  created_time: time,
  next_page_token: text,
});
export type WireJob = z.infer<typeof WireJob>;
export const JobPage = z.object({ jobs: z.array(WireJob).default([]), next_page_token: text });

export const WireRun = z.object({
  run_id: WireId,
  job_id: WireId.optional(),
  run_name: text,
  run_page_url: text,
  state: z.object({ life_cycle_state: text, result_state: text, state_message: text }).optional(),
  status: z
    .object({
      state: text,
      termination_details: z.object({ code: text, type: text, message: text }).optional(),
      queue_details: z.object({ code: text, message: text }).optional(),
    })
    .optional(),
  start_time: time,
  end_time: time,
  job_parameters: z.array(Parameter).default([]),
  tasks: z
    .array(
      z.object({
        task_key: z.string(),
        run_id: WireId,
        cluster_instance: z.object({ cluster_id: text }).optional(),
      }),
    )
    .default([]),
  next_page_token: text,
});
export type WireRun = z.infer<typeof WireRun>;
export const RunPage = z.object({ runs: z.array(WireRun).default([]), next_page_token: text });

export const WireOutput = z.object({
  logs: text,
  logs_truncated: z.boolean().default(false),
  error: text,
  error_trace: text,
});

export const FolderPage = z.object({
  contents: z
    .array(
      z.object({
        name: z.string(),
        path: z.string(),
        is_directory: z.boolean().default(false),
        file_size: z.number().default(0),
      }),
    )
    .default([]),
  next_page_token: text,
});

/** Of `workspace/list`; an empty folder has no `objects`. */
export const ObjectList = z.object({
  objects: z
    .array(z.object({ path: z.string(), object_type: z.string().default(''), size: z.number().default(0) }))
    .default([]),
});

export const WireMe = z.object({
  id: z.string(),
  userName: z.string(),
  displayName: text,
  active: z.boolean().default(true),
});

export const CreatedCluster = z.object({ cluster_id: z.string().min(1) });
const Reason = z.object({ code: text, type: text, parameters: z.record(z.string(), z.string()).default({}) });
export const WireCluster = z.object({
  cluster_id: z.string().min(1),
  cluster_name: text,
  state: text,
  state_message: text,
  cluster_source: text,
  creator_user_name: text,
  custom_tags: z.record(z.string(), z.string()).default({}),
  start_time: time,
  terminated_time: time,
  termination_reason: Reason.optional(),
});
export type WireCluster = z.infer<typeof WireCluster>;
export const ClusterPage = z.object({ clusters: z.array(WireCluster).default([]), next_page_token: text });
export const EventPage = z.object({
  events: z
    .array(z.object({ timestamp: time, type: z.string(), details: z.record(z.string(), z.json()).default({}) }))
    .default([]),
  next_page_token: text,
});
export const LibraryStatuses = z.object({
  library_statuses: z
    .array(
      z.object({
        library: z.record(z.string(), z.json()),
        status: z.string(),
        messages: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});
export const StartedUpload = z.object({ multipart_upload: z.object({ session_token: z.string().min(1) }).optional() });
const Link = z.object({
  url: z.url(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});
export const PartUrls = z.object({ upload_part_urls: z.array(Link).min(1) });
export const AbortUrl = z.object({ abort_upload_url: Link });
export type Link = z.infer<typeof Link>;
export const WellKnown = z.object({ oidc_endpoint: text, account_id: text });
