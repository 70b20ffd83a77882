import type { FastifyInstance } from 'fastify';
import { parseInput } from '../http/parse-input.ts';
import type { ApiLimits } from '../limits/api-limits.ts';
import { LimitsBody } from './schema.ts';

/** Control API: quotas and rates, from the next call on and until the workspace starts again. */
export function registerLimits(app: FastifyInstance, limits: ApiLimits): void {
  app.get('/slowlane/limits', async () => ({
    ...(limits.savedJobs === undefined ? {} : { saved_jobs: limits.savedJobs }),
    ...(limits.jobsCreatedPerHour === undefined ? {} : { jobs_created_per_hour: limits.jobsCreatedPerHour }),
    ...(limits.callsPerSecond === undefined ? {} : { calls_per_second: limits.callsPerSecond }),
  }));
  app.put('/slowlane/limits', async (request) => {
    const body = parseInput(LimitsBody, request.body);
    delete limits.savedJobs;
    delete limits.jobsCreatedPerHour;
    delete limits.callsPerSecond;
    Object.assign(limits, {
      ...(body.saved_jobs === undefined ? {} : { savedJobs: body.saved_jobs }),
      ...(body.jobs_created_per_hour === undefined ? {} : { jobsCreatedPerHour: body.jobs_created_per_hour }),
      ...(body.calls_per_second === undefined ? {} : { callsPerSecond: body.calls_per_second }),
    });
    return {};
  });
}
