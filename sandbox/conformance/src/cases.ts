import type { Case } from './case.ts';
import { accessCases } from './cases/access.ts';
import { clusterCases } from './cases/clusters.ts';
import { jobCases } from './cases/jobs.ts';
import { graphCases } from './cases/run-graphs.ts';
import { logCases } from './cases/log-delivery.ts';
import { lifeCases } from './cases/run-lives.ts';
import { runCases } from './cases/runs.ts';
import { principalCases } from './cases/principals.ts';
import { historyCases } from './cases/run-history.ts';
import { scheduleCases } from './cases/schedules.ts';
import { settingsCases } from './cases/settings.ts';
import { sparkCases } from './cases/spark.ts';
import { uploadCases } from './cases/uploads.ts';
import { waitCases } from './cases/waits.ts';
import { storageCases } from './cases/storage.ts';
import { volumeCases } from './cases/volumes.ts';

/** Every claim, written from its source and not from what our server does. */
export const cases: readonly Case[] = [
  ...jobCases,
  ...runCases,
  ...graphCases,
  ...lifeCases,
  ...clusterCases,
  ...storageCases,
  ...volumeCases,
  ...accessCases,
  ...settingsCases,
  ...scheduleCases,
  ...historyCases,
  ...logCases,
  ...waitCases,
  ...uploadCases,
  ...principalCases,
  ...sparkCases,
];
