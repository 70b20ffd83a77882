import type { FastifyInstance } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import type { JobStore } from '../store/job-store.ts';

/** Limits of a real workspace, for clients that must live with them; what is left out is not limited. */
export interface ApiLimits {
  savedJobs?: number;
  jobsCreatedPerHour?: number;
  /** Calls per second by route, without the version: `{ 'POST /jobs/run-now': 20 }`. */
  callsPerSecond?: Readonly<Record<string, number>>;
}

/** A bucket per route, as large as one second but for one call at least: 429 with whole seconds in `Retry-After` when it is empty. */
export function registerRates(app: FastifyInstance, limits: ApiLimits, now: () => number): void {
  const buckets = new Map<string, { tokens: number; at: number }>();
  app.addHook('preHandler', async (request) => {
    // Read each time: the control API may change them.
    const rates = limits.callsPerSecond ?? {};
    const route = `${request.method} ${(request.routeOptions.url ?? '').replace(/^\/api\/\d\.\d/, '')}`;
    const rate = Object.hasOwn(rates, route) ? rates[route] : undefined;
    if (rate === undefined) return;
    // Less than one call per second still is one call now and then.
    const most = Math.max(1, rate);
    const bucket = buckets.get(route) ?? { tokens: most, at: now() };
    const tokens = Math.min(most, bucket.tokens + ((now() - bucket.at) * rate) / 1_000);
    buckets.set(route, { tokens: tokens < 1 ? tokens : tokens - 1, at: now() });
    if (tokens >= 1) return;
    const seconds = Math.max(1, Math.ceil((1 - tokens) / rate));
    throw new ApiError(
      429,
      'REQUEST_LIMIT_EXCEEDED',
      `The limit of ${rate} calls per second of ${route} was exceeded. Please try again later.`,
      { 'retry-after': String(seconds) },
    );
  });
}

/** Refuses another saved job where the workspace has as many as it may, or made too many in the last hour. */
export function checkJobQuota(limits: ApiLimits, jobs: JobStore, now: number): void {
  const { savedJobs, jobsCreatedPerHour } = limits;
  if (savedJobs !== undefined && jobs.count() >= savedJobs) {
    throw new ApiError(
      400,
      'QUOTA_EXCEEDED',
      `The quota for the number of jobs has been reached. The current quota is ${savedJobs}.`,
    );
  }
  if (jobsCreatedPerHour !== undefined && jobs.countCreatedSince(now - 3_600_000) >= jobsCreatedPerHour) {
    throw new ApiError(
      400,
      'INVALID_STATE',
      `There were already ${jobsCreatedPerHour} jobs created in past 3600 seconds, exceeding rate limit: ${jobsCreatedPerHour} per 3600 seconds.`,
    );
  }
}
