import { z } from 'zod';
import { JsonObject, LanguageName, Name } from './common.ts';

/** `90s`, `15m`, `2h`, `7d`: becomes milliseconds by `kit/duration`. */
export const DurationText = z.string().regex(/^[1-9][0-9]{0,5}(ms|s|m|h|d)$/, 'a number and a unit: 90s, 15m, 2h, 7d');
/** `512m`, `4g`: becomes bytes by `kit/bytes`. */
export const BytesText = z.string().regex(/^[1-9][0-9]{0,6}(k|m|g)$/, 'a number and a unit: 512m, 4g');

export const SourceSpec = z.strictObject({
  /** https URL (or ssh, with a deploy key that the operator named), or absent for a pipeline that is fed by `git push` to Slow Lane's own remote. */
  git: z.string().optional(),
  ref: z.string().min(1).max(200).default('main'),
  path: z.string().default('.'),
  /** Take submodules in, each at the commit that the repository names; without it they are left out and noted. */
  submodules: z.boolean().optional(),
  /** Take in the files that Git LFS keeps elsewhere; without it their pointers stay. */
  lfs: z.boolean().optional(),
});

export const BuildSpec = z.strictObject({
  test: z.boolean().default(true),
  coverage: z.strictObject({ minimum: z.number().min(0).max(100) }).optional(),
  timeout: DurationText.default('20m'),
  /** A step that writes no line for this long is ended; absent = only `timeout` ends it. Downloads are silent: leave room for them. */
  idle: DurationText.optional(),
  /**
   * Age (default `24h`) at which a dependency set whose versions may change (ranges, SNAPSHOTs, unpinned Python packages) is resolved again by the next
   * build. Sets of fixed coordinates alone do not age, and an unchanged tree keeps its artifact.
   */
  refresh_after: DurationText.optional(),
  memory: BytesText.default('4g'),
  /** Registries the build may ask, by name; default: those that its language needs. */
  egress: z.array(Name).optional(),
  /** Hosts (`host` or `host:port`) that the tools may reach directly while they resolve dependencies, for what no registry has; the provenance says that they are not verified. */
  connect: z
    .array(z.string().regex(/^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$/))
    .max(20)
    .optional(),
  /** Which file is the artifact, where several would fit: a glob relative to the project folder. */
  artifact: z.string().optional(),
  options: JsonObject.default({}),
});

export const JobSpec = z.strictObject({
  /** Main class, entry point of a wheel (its name or `module:function`), or path of the script. */
  main: z.string().optional(),
  runtime: z.string().default('17.3.x-scala2.13'),
  compute: z
    .strictObject({
      pool: Name.default('default'),
      /** Runs share warm clusters that Slow Lane starts and ends, each for this artifact alone, instead of a cluster of their own. */
      reuse: z.boolean().optional(),
    })
    .default({ pool: 'default' }),
  timeout: DurationText.default('1h'),
  retries: z.int().min(0).max(10).default(0),
  memory: BytesText.default('2g'),
  spark_conf: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
  run_as: z.string().optional(),
  tags: z.record(z.string(), z.string()).default({}),
  /** Raw settings of the Jobs API, merged last. */
  databricks: JsonObject.default({}),
});

export const TargetSpec = z.strictObject({
  workspace: Name,
  promote: z.enum(['automatic', 'manual']).default('automatic'),
});

/** How long a looked-up table or answer is used before it is read again. */
const LookupCache = { ttl: DurationText.default('5m') };
/** What becomes of a request whose key is in no row: the field stays as it is, or the request fails. */
const OnMissing = { missing: z.enum(['skip', 'fail']).default('fail') };

/** A value from a table (CSV with a header, a JSON list, or JSON lines) on a volume of the workspace that the request runs on. */
export const TableLookup = z.strictObject({
  table: z
    .string()
    .regex(/^\/Volumes\/[^/]+\/[^/]+\/[^/]+\/.+\.(csv|json|jsonl)$/, 'a .csv, .json or .jsonl file on a volume'),
  /** Expression whose value is looked for. */
  key: z.string(),
  /** Column that is compared with the key, as text. */
  by: z.string(),
  /** Column that becomes the value; without it the whole row. */
  value: z.string().optional(),
  ...LookupCache,
  ...OnMissing,
});

/** A value from an HTTP service: GET, JSON. Its host must be in the policy's `lookups`. 404 = missing. */
export const HttpLookup = z.strictObject({
  /** `{key}` is replaced by the encoded value of `key`. */
  http: z.string().regex(/^https?:\/\/[^{}\s]+[^\s]*$/, 'an http(s) address; {key} only behind the host'),
  key: z.string().optional(),
  /** Expression on the answer; without it the whole answer. */
  value: z.string().optional(),
  timeout: DurationText.default('5s'),
  ...LookupCache,
  ...OnMissing,
});
export type TableLookup = z.infer<typeof TableLookup>;
export type HttpLookup = z.infer<typeof HttpLookup>;

/**
 * When a request with several parts has succeeded: all of them; a quorum (a number of parts, or a share like "60%"); or whatever succeeds, as long as one
 * does. Parts that are missing are named in the result, the end event and the notification.
 */
export const JoinPolicy = z.union([
  z.enum(['all-or-nothing', 'best-effort']),
  z.strictObject({
    quorum: z.union([z.int().min(1), z.string().regex(/^([1-9][0-9]?|100)%$/, 'a number of parts, or a share: "60%"')]),
  }),
]);
export type JoinPolicy = z.infer<typeof JoinPolicy>;

/** Numbers, or dates (YYYY-MM-DD). A text that is neither is an expression on the body. Both ends belong to the range. */
const RangeEnd = z.union([z.number(), z.string().min(1)]);

/** Makes one part of each element. Exactly one of `by`, `range`, `file` and `expression` says what the elements are. */
export const SplitSpec = z
  .strictObject({
    /** Field that holds the list; the field then holds that one element. */
    by: z.string().optional(),
    range: z
      .strictObject({
        from: RangeEnd,
        to: RangeEnd,
        /** A number; for dates a number of days, or one of the units. */
        step: z.union([z.number(), z.enum(['day', 'week', 'month', 'year'])]).default(1),
      })
      .optional(),
    /** Values in a file on a volume: a JSON list, JSON lines, or the rows of a CSV file. `column` takes that one column. */
    file: z
      .strictObject({
        path: z
          .string()
          .regex(/^\/Volumes\/[^/]+\/[^/]+\/[^/]+\/.+\.(csv|json|jsonl)$/, 'a .csv, .json or .jsonl file on a volume'),
        column: z.string().optional(),
      })
      .optional(),
    /** Expression that gives a list. */
    expression: z.string().optional(),
    /** Name of the field in the part's document; default: the field of `by`, else `part`. */
    as: z.string().optional(),
    /** So many elements per part, as a list; `auto` = as few as keep the number of parts within the limit. */
    chunk: z.union([z.int().min(2).max(100_000), z.literal('auto')]).optional(),
    join: JoinPolicy.default('all-or-nothing'),
  })
  .refine(
    (split) =>
      [split.by, split.range, split.file, split.expression].filter((source) => source !== undefined).length === 1,
    'exactly one of by, range, file and expression',
  );
export type SplitSpec = z.infer<typeof SplitSpec>;

/** Mediator steps; expressions are JSONata, with the request body as input. */
export const MediateSpec = z.strictObject({
  /** Values for fields that the body leaves out (top level). */
  defaults: JsonObject.default({}),
  /** Field -> expression, table or HTTP look-up whose value is set in the body. */
  enrich: z.record(z.string(), z.union([z.string(), TableLookup, HttpLookup])).default({}),
  /** Expression; false = the request ends as "nothing to do". */
  filter: z.string().optional(),
  split: SplitSpec.optional(),
  /** How files of the parts become one file of the result: CSV rows under one header, JSON arrays end to end. Other files stay apart, under the part's key. */
  merge: z
    .array(z.strictObject({ file: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/), as: z.enum(['csv', 'json']) }))
    .default([]),
  /**
   * A TypeScript file beside the pipeline file that exports `mediate(request)` (instead of `split`) or `join(parts)`, for what the steps cannot say. Runs in the
   * plugin host: no network, no files, limits of time and memory.
   */
  module: z
    .string()
    .regex(/^\.\/[A-Za-z0-9._/-]{1,200}\.ts$/, 'a TypeScript file beside the pipeline file: ./mediate.ts')
    .refine((path) => !path.split('/').includes('..'), 'a file beside or below the pipeline file')
    .optional(),
  /** Text of that file; filled in when the pipeline is applied, and kept with the revision. */
  code: z.string().max(65_536).optional(),
});
export type MediateSpec = z.infer<typeof MediateSpec>;

/** `[days ]HH:MM-HH:MM[ zone]`; over midnight where the end is not after the beginning; zone of the IANA list, default UTC. */
export const GateWindow = z
  .string()
  .regex(
    /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[-,](?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))* )?(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)(?: [A-Za-z0-9_+/-]{1,64})?$/,
    'days, times and zone: 22:00-06:00 Europe/Madrid or Mon-Fri 20:00-24:00',
  );
export const BlackoutDates = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:\.\.\d{4}-\d{2}-\d{2})?$/, 'a date or a range: 2026-12-24, 2026-12-24..2026-12-26');
export const GateMetric = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  above: z.number(),
  /** Default: `above`. */
  below: z.number().optional(),
  /** A value older than this says nothing: what it closed opens again. */
  stale: DurationText.default('15m'),
});

export const GatesSpec = z.strictObject({
  concurrency: z.int().min(1).max(10_000).optional(),
  weight: z.int().min(1).max(1_000).default(1),
  priority: z.int().min(0).max(9).default(5),
  /** Shared resource -> weight of one part on it. */
  resources: z.record(Name, z.int().min(1).max(1_000)).default({}),
  /** When parts may start: `22:00-06:00 Europe/Madrid`, `Mon-Fri 20:00-24:00 Asia/Tokyo`; several = in any of them. What runs goes on. */
  window: z.union([GateWindow, z.array(GateWindow).min(1).max(20)]).optional(),
  /** Dates without starts, in the zone of the first window: `2026-12-24`, `2026-12-24..2026-12-26`. */
  blackout: z.array(BlackoutDates).max(100).default([]),
  /** Field of the request body that names the tenant; default: the principal that sent the request. */
  tenant: z.string().min(1).max(64).optional(),
  /** No part starts while the metric that somebody posts stands at `above` or more, until it falls below `below`. */
  metric: GateMetric.optional(),
});

/** One plain address: no names, no comments, no line ends. */
export const EmailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/,
    'one plain e-mail address',
  );

export const OperationSpec = z.strictObject({
  /** JSON Schema (2020-12) of the request body. */
  request: JsonObject.default({}),
  mediate: MediateSpec.prefault({}),
  gates: GatesSpec.prefault({}),
  result: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/Volumes\/[^/]+\/[^/]+\/[^/]+(\/.*)?$/, 'a volume path: /Volumes/<catalog>/<schema>/<volume>/…')
        .optional(),
      link_ttl: DurationText.default('24h'),
    })
    .prefault({}),
  /** Who hears of the end of each request. */
  notify: z.array(z.union([z.strictObject({ webhook: z.url() }), z.strictObject({ email: EmailAddress })])).default([]),
  // JSON pointers (`/customer/name`, `/rows/*/iban`; `*` = each element) of what archive, history and trace must never hold.
  redact: z
    .array(z.string().regex(/^(\/[^/]{1,200}){1,16}$/, 'a JSON pointer: /customer/name'))
    .max(100)
    .default([]),
  /** How long results and the documents of parts stay on the volume, counted from the request; absent = until somebody deletes them. */
  retention: DurationText.optional(),
});

/** When a request is made by itself. */
export const ScheduleEntry = z.strictObject({
  /** Names it within its pipeline. */
  name: Name.default('default'),
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: z.string().min(9).max(200),
  /** IANA time zone. */
  zone: z.string().max(64).default('UTC'),
  body: JsonObject.default({}),
  /** Occurrences missed while Slow Lane was down: none, the last, or all (the newest 100 at most). */
  catch_up: z.enum(['skip', 'last', 'all']).default('last'),
  /** Declared without running. */
  paused: z.boolean().default(false),
});
export type ScheduleEntry = z.infer<typeof ScheduleEntry>;

export const ScheduleSpec = z.union([z.string().min(9).max(200), z.array(ScheduleEntry).min(1).max(50)]);
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/**
 * One pipeline: from where, how it is built, what job it becomes, and the operation that clients call. Strict: an unknown key is an
 * error with its line and the nearest known key. The operation has the pipeline's name.
 */
export const PipelineFile = z.strictObject({
  pipeline: Name,
  source: SourceSpec.prefault({}),
  language: LanguageName.optional(),
  build: BuildSpec.prefault({}),
  job: JobSpec.prefault({}),
  targets: z.record(Name, TargetSpec).default({ dev: { workspace: 'local', promote: 'automatic' } }),
  operation: OperationSpec.prefault({}),
  /** Requests that are made by the clock: one cron expression (UTC, body `{}`), or a list. */
  schedule: ScheduleSpec.optional(),
});
export type PipelineFile = z.infer<typeof PipelineFile>;
