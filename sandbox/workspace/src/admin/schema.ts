import { z } from 'zod';

const where = {
  /** Method or `*`, a space, and a glob over the path: `POST /api/*\/jobs/run-now`. */
  route: z.string().regex(/^(?:[A-Z]+|\*) \/\S*$/, 'must be "METHOD /path"'),
  count: z.int().min(1).max(100_000).default(1),
};

export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({
    ...where,
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    errorCode: z.string().max(100).default('TEMPORARILY_UNAVAILABLE'),
    message: z.string().max(1_000).default('A fault that was asked for.'),
    /** The whole body, in place of the usual shape: an HTML page, say. */
    body: z.string().max(100_000).optional(),
    contentType: z.string().max(100).default('text/html'),
    retryAfterSeconds: z.int().min(0).max(3_600).optional(),
  }),
  z.strictObject({ ...where, kind: z.literal('delay'), delayMs: z.int().min(0).max(600_000) }),
  z.strictObject({ ...where, kind: z.literal('reply-lost') }),
  z.strictObject({ ...where, kind: z.literal('cut') }),
  /** Answers with a content length that is `extraBytes` too large, then ends. */
  z.strictObject({ ...where, kind: z.literal('wrong-length'), extraBytes: z.int().min(1).max(1_000_000).default(7) }),
  /** The call's OAuth token expires as it arrives; a personal one is not touched, and its call only answered so. */
  z.strictObject({ ...where, kind: z.literal('token-expired') }),
]);
export type Fault = z.infer<typeof Fault>;

export const ClusterFaultBody = z.strictObject({
  kind: z.enum(['never-starts', 'start-fails', 'dies', 'stuck-terminating']),
  cluster_id: z.string().min(1).max(100).optional(),
  count: z.int().min(1).max(100_000).default(1),
});

export const ForeignRunBody = z.strictObject({
  run_name: z.string().max(4_096).default('foreign run'),
  cluster_id: z.string().min(1).max(100),
});

export const RunFaultBody = z.strictObject({
  kind: z.enum(['stuck-terminating', 'late-cancel']),
  run_id: z.int().min(1).optional(),
  delay_ms: z.int().min(0).max(3_600_000).default(5_000),
});

export const CallsQuery = z.object({
  /** Only calls after this number, oldest first. */
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

/** Limits of a real workspace; what is left out is not limited. */
export const LimitsBody = z.strictObject({
  saved_jobs: z.int().min(0).optional(),
  jobs_created_per_hour: z.int().min(0).optional(),
  /** By route, without the version: `{ "POST /jobs/run-now": 20 }`. */
  calls_per_second: z
    .record(z.string().max(300), z.number().gt(0).max(100_000))
    .refine((rates) => Object.keys(rates).every((route) => /^[A-Z]+ \/\S*$/.test(route)), {
      message: 'must have routes as names: "METHOD /path", without the version',
    })
    .optional(),
});
