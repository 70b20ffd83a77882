import { z } from 'zod';
import { JsonObject, Name } from './common.ts';

/** `90s`, `15m`, `2h`, `7d`: becomes milliseconds by `kit/duration`. */
export const DurationText = z.string().regex(/^[1-9][0-9]{0,5}(ms|s|m|h|d)$/, 'a number and a unit: 90s, 15m, 2h, 7d');
/** `512m`, `4g`: becomes bytes by `kit/bytes`. */
export const BytesText = z.string().regex(/^[1-9][0-9]{0,6}(k|m|g)$/, 'a number and a unit: 512m, 4g');

export const SourceSpec = z.strictObject({
  /** https URL, or absent for a pipeline that is fed by `git push` to Slow Lane's own remote. */
  git: z.string().optional(),
  ref: z.string().min(1).max(200).default('main'),
  path: z.string().default('.'),
});

export const BuildSpec = z.strictObject({
  test: z.boolean().default(true),
  coverage: z.strictObject({ minimum: z.number().min(0).max(100) }).optional(),
  timeout: DurationText.default('20m'),
  memory: BytesText.default('4g'),
  /** Registries the build may ask, by name; default: those that its language needs. */
  egress: z.array(Name).optional(),
  /** Which file is the artifact, where several would fit: a glob relative to the project folder. */
  artifact: z.string().optional(),
  options: JsonObject.default({}),
});

export const JobSpec = z.strictObject({
  /** Main class, entry point of a wheel (its name or `module:function`), or path of the script. */
  main: z.string().optional(),
  runtime: z.string().default('17.3.x-scala2.13'),
  compute: z.strictObject({ pool: Name.default('default') }).default({ pool: 'default' }),
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

/** Mediator steps; expressions are JSONata, with the request body as input. */
export const MediateSpec = z.strictObject({
  /** Values for fields that the body leaves out (top level). */
  defaults: JsonObject.default({}),
  /** Field -> expression whose value is set in the body. */
  enrich: z.record(z.string(), z.string()).default({}),
  /** Expression; false = the request ends as "nothing to do". */
  filter: z.string().optional(),
  split: z
    .strictObject({
      /** Field that holds the list: one part per element, and the field then holds that one element. */
      by: z.string(),
      /** Name of the field in the part's document (default: the same name). */
      as: z.string().optional(),
      join: z.enum(['all-or-nothing']).default('all-or-nothing'),
    })
    .optional(),
  /** How files of the parts become one file of the result: CSV rows under one header, JSON arrays end to end. Other files stay apart, under the part's key. */
  merge: z
    .array(z.strictObject({ file: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/), as: z.enum(['csv', 'json']) }))
    .default([]),
});

export const GatesSpec = z.strictObject({
  concurrency: z.int().min(1).max(10_000).optional(),
  weight: z.int().min(1).max(1_000).default(1),
  priority: z.int().min(0).max(9).default(5),
  /** Shared resource -> weight of one part on it. */
  resources: z.record(Name, z.int().min(1).max(1_000)).default({}),
});

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
  notify: z.array(z.strictObject({ webhook: z.url() })).default([]),
});

/**
 * One pipeline: from where, how it is built, what job it becomes, and the operation that clients call. Strict: an unknown key is an
 * error with its line and the nearest known key. The operation has the pipeline's name.
 */
export const PipelineFile = z.strictObject({
  pipeline: Name,
  source: SourceSpec.prefault({}),
  language: Name.optional(),
  build: BuildSpec.prefault({}),
  job: JobSpec.prefault({}),
  targets: z.record(Name, TargetSpec).default({ dev: { workspace: 'local', promote: 'automatic' } }),
  operation: OperationSpec.prefault({}),
});
export type PipelineFile = z.infer<typeof PipelineFile>;
