import type { Case } from './case.ts';
import { accessCases } from './cases/access.ts';
import { clusterCases } from './cases/clusters.ts';
import { jobCases } from './cases/jobs.ts';
import { graphCases } from './cases/run-graphs.ts';
import { lifeCases } from './cases/run-lives.ts';
import { runCases } from './cases/runs.ts';
import { storageCases } from './cases/storage.ts';

/** Every claim, written from its source and not from what our server does. */
export const cases: readonly Case[] = [
  ...jobCases,
  ...runCases,
  ...graphCases,
  ...lifeCases,
  ...clusterCases,
  ...storageCases,
  ...accessCases,
];
