import type { Route } from './route.ts';
import { cancelRequests, retryRequests } from './routes/bulk-requests.ts';
import { buildPipeline } from './routes/build-pipeline.ts';
import { cancelBuild } from './routes/cancel-build.ts';
import { cancelRequest } from './routes/cancel-request.ts';
import { cancelRun } from './routes/cancel-run.ts';
import { createBuild } from './routes/create-build.ts';
import { createRequest } from './routes/create-request.ts';
import { createSource } from './routes/create-source.ts';
import { createToken } from './routes/create-token.ts';
import { endCluster } from './routes/end-cluster.ts';
import { followRequest } from './routes/follow-request.ts';
import { getArtifact } from './routes/get-artifact.ts';
import { getBuild } from './routes/get-build.ts';
import { getBuildLog } from './routes/get-build-log.ts';
import { getHealth } from './routes/get-health.ts';
import { getPipeline } from './routes/get-pipeline.ts';
import { getBuildReport } from './routes/get-build-report.ts';
import { getSbom } from './routes/get-sbom.ts';
import { verifyBuild } from './routes/verify-build.ts';
import { getProvenance } from './routes/get-provenance.ts';
import { getRequest } from './routes/get-request.ts';
import { getResult } from './routes/get-result.ts';
import { getResultFile } from './routes/get-result-file.ts';
import { getRun } from './routes/get-run.ts';
import { getRunLog } from './routes/get-run-log.ts';
import { getTrace } from './routes/get-trace.ts';
import { listBuilds } from './routes/list-builds.ts';
import { listClusters } from './routes/list-clusters.ts';
import { listDeliveries } from './routes/list-deliveries.ts';
import { listGates } from './routes/list-gates.ts';
import { listPipelines } from './routes/list-pipelines.ts';
import { listPlugins } from './routes/list-plugins.ts';
import { listRequests } from './routes/list-requests.ts';
import { listSchedules } from './routes/list-schedules.ts';
import { listTokens } from './routes/list-tokens.ts';
import { markBusy, markFree } from './routes/mark-busy.ts';
import { pauseGate } from './routes/pause-gate.ts';
import { pauseSchedule, resumeSchedule } from './routes/pause-schedule.ts';
import { postMetric } from './routes/post-metric.ts';
import { promotePipeline } from './routes/promote-pipeline.ts';
import { putPipeline } from './routes/put-pipeline.ts';
import { redeliver } from './routes/redeliver.ts';
import { releaseGate } from './routes/release-gate.ts';
import { rollbackPipeline } from './routes/rollback-pipeline.ts';
import { resetGate } from './routes/reset-gate.ts';
import { retryRequest } from './routes/retry-request.ts';
import { revokeLinks } from './routes/revoke-links.ts';
import { revokeToken } from './routes/revoke-token.ts';
import { setGate } from './routes/set-gate.ts';

/** Every call of the REST interface. */
export const routes: readonly Route[] = [
  createRequest,
  listRequests,
  getRequest,
  followRequest,
  cancelRequest,
  retryRequest,
  cancelRequests,
  retryRequests,
  getResult,
  getResultFile,
  revokeLinks,
  createSource,
  createBuild,
  listBuilds,
  getBuild,
  getBuildLog,
  getArtifact,
  getProvenance,
  getSbom,
  getBuildReport,
  verifyBuild,
  cancelBuild,
  putPipeline,
  listPipelines,
  getPipeline,
  buildPipeline,
  rollbackPipeline,
  promotePipeline,
  listClusters,
  endCluster,
  listGates,
  markBusy,
  markFree,
  postMetric,
  setGate,
  resetGate,
  pauseGate,
  releaseGate,
  listSchedules,
  pauseSchedule,
  resumeSchedule,
  listDeliveries,
  redeliver,
  createToken,
  listTokens,
  revokeToken,
  listPlugins,
  getRun,
  getRunLog,
  cancelRun,
  getTrace,
  getHealth,
];
