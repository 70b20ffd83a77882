import type { RetryPolicy } from './retry.ts';
import { BuildJob, PartJob, type PayloadOf, type PayloadSchema, RequestJob } from './schema.ts';

/** One kind of queue job: what it carries and what bounds it. Each has a BullMQ queue of its name. */
interface CatalogueEntry {
  payload: PayloadSchema;
  /** The signal aborts after this long; a processor that then does not end is given up. */
  timeLimitMs: number;
  /** Tries after temporary failures. */
  retry: RetryPolicy;
  /** A job that was started more often than this kills its processes: it is ended as failed (poison). */
  maxStarts: number;
  /** Queue jobs of this kind at once in one process, unless `WorkOptions.concurrency` says otherwise. */
  concurrency: number;
}

const MINUTE = 60_000;
const soon: RetryPolicy = { attempts: 8, firstMs: 500, capMs: 15_000 };

/** Every queue job. Push lane first, in flow order, then the request lane. */
export const catalogue = {
  fetch: { payload: BuildJob, timeLimitMs: 15 * MINUTE, retry: soon, maxStarts: 15, concurrency: 2 },
  detect: { payload: BuildJob, timeLimitMs: 2 * MINUTE, retry: soon, maxStarts: 15, concurrency: 2 },
  plan: { payload: BuildJob, timeLimitMs: 2 * MINUTE, retry: soon, maxStarts: 15, concurrency: 2 },
  build: { payload: BuildJob, timeLimitMs: 150 * MINUTE, retry: soon, maxStarts: 10, concurrency: 1 },
  inspect: { payload: BuildJob, timeLimitMs: 10 * MINUTE, retry: soon, maxStarts: 15, concurrency: 2 },
  publish: {
    payload: BuildJob,
    timeLimitMs: 30 * MINUTE,
    retry: { ...soon, attempts: 12 },
    maxStarts: 30,
    concurrency: 2,
  },
  register: {
    payload: BuildJob,
    timeLimitMs: 10 * MINUTE,
    retry: { ...soon, attempts: 12 },
    maxStarts: 30,
    concurrency: 2,
  },
  confirm: {
    payload: BuildJob,
    timeLimitMs: MINUTE,
    retry: { ...soon, attempts: 12 },
    maxStarts: 1_000,
    concurrency: 2,
  },

  prepare: { payload: RequestJob, timeLimitMs: 2 * MINUTE, retry: soon, maxStarts: 30, concurrency: 48 },
  split: { payload: RequestJob, timeLimitMs: 2 * MINUTE, retry: soon, maxStarts: 30, concurrency: 48 },
  submit: {
    payload: PartJob,
    timeLimitMs: 5 * MINUTE,
    retry: { attempts: 100, firstMs: 200, capMs: 5_000 },
    maxStarts: 150,
    concurrency: 48,
  },
  join: { payload: RequestJob, timeLimitMs: 60 * MINUTE, retry: soon, maxStarts: 30, concurrency: 32 },
  notify: {
    payload: RequestJob,
    timeLimitMs: 5 * MINUTE,
    retry: { attempts: 12, firstMs: 2_000, capMs: 10 * MINUTE },
    maxStarts: 30,
    concurrency: 32,
  },
} as const satisfies Record<string, CatalogueEntry>;

export type QueueJobName = keyof typeof catalogue;
export type QueueJobPayload<Name extends QueueJobName> = PayloadOf<(typeof catalogue)[Name]['payload']>;

export const queueJobNames = Object.keys(catalogue) as QueueJobName[];
