import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from '@slowlane/contracts';
import { registerAdmin } from '../admin/admin-routes.ts';
import { registerDirectories } from '../files/directory-routes.ts';
import { registerVolumes } from '../files/volume-routes.ts';
import type { VolumeStore } from '../files/volume-store.ts';
import { registerFiles } from '../files/file-routes.ts';
import { registerJobs } from '../jobs/job-routes.ts';
import { registerObjects } from '../objects/object-routes.ts';
import type { AcceptContext } from '../runs/accept-run.ts';
import type { Engine } from '../runs/engine.ts';
import { registerExport } from '../programs/export-routes.ts';
import { registerRunPage } from '../runs/run-page.ts';
import { registerRuns } from '../runs/run-routes.ts';
import type { ViewContext } from '../runs/run-view.ts';
import { registerStarts } from '../runs/start-routes.ts';
import type { CallStore } from '../store/call-store.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Identity } from '../identity/open-identity.ts';
import { registerIdentityAdmin } from '../identity/identity-admin.ts';
import { registerMe } from '../identity/me-routes.ts';
import { registerOidc } from '../identity/oidc-routes.ts';
import { registerTokens } from '../identity/token-routes.ts';
import { registerDbfs } from '../dbfs/dbfs-routes.ts';
import type { NotebookStore } from '../objects/notebook-store.ts';
import { registerMultipart } from '../files/multipart-routes.ts';
import { createMultipart } from '../files/multipart.ts';
import { registerGuard } from '../permissions/guard.ts';
import { registerPermissions } from '../permissions/permission-routes.ts';
import type { PermissionStore } from '../permissions/permission-store.ts';
import { registerSecretRoutes } from '../secrets/secret-routes.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { registerErrors } from './api-error.ts';
import { registerAuth } from './auth.ts';
import { registerJson } from './parse-json.ts';
import { refuseAmbiguous, strictHttp } from './strict-http.ts';
import { type ApiLimits, registerRates } from '../limits/api-limits.ts';
import { registerFaults } from './faults.ts';
import { registerRouteList } from './route-list.ts';
import { registerRecord } from './record-calls.ts';

export interface ServerOptions {
  accept: AcceptContext;
  jobs: JobStore;
  calls: CallStore;
  engine: Engine;
  identity: Identity;
  secrets: SecretStore;
  permissions: PermissionStore;
  volumes: VolumeStore;
  notebooks: NotebookStore;
  /** Read at every call. */
  apiLimits?: ApiLimits;
  userName: string;
  stateDir: string;
  volumesDir: string;
  objectsDir: string;
  /** What DBFS paths outside `/Volumes` stand for. */
  dbfsDir: string;
  view: () => ViewContext;
  hasDestination: (id: string) => boolean;
  logger: Logger;
}

/** The whole server, not listening. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { engine, jobs, calls, accept, userName, stateDir, identity, permissions } = options;
  const multipart = createMultipart(options.volumesDir, accept.now);
  const app = Fastify({
    ...strictHttp,
    logger: false,
    bodyLimit: 16 * 1_024 * 1_024,
    routerOptions: { maxParamLength: 8_192 },
    // An address that cannot be decoded never reaches a route, nor the handlers of errors.
    frameworkErrors: (error, _request, reply) =>
      void (reply as unknown as FastifyReply)
        .status(400)
        .send({ error_code: 'INVALID_PARAMETER_VALUE', message: error.message }),
  });
  app.removeContentTypeParser('text/plain');
  registerJson(app);
  registerRouteList(app);
  registerErrors(app, options.logger);
  const recordLost = registerRecord(app, calls, accept.now);
  refuseAmbiguous(app);
  registerAuth(app, options.identity);
  if (options.apiLimits !== undefined) registerRates(app, options.apiLimits, accept.now);
  const faults = registerFaults(app, { onCut: recordLost, identity });
  registerGuard(app, { permissions, jobOfRun: (runId) => jobOfRun(accept.runs, runId) });
  registerMe(app, identity);
  registerTokens(app, identity);
  registerOidc(app, { identity, publicUrl: () => options.view().publicUrl });
  registerSecretRoutes(app, { secrets: options.secrets, now: accept.now });
  registerPermissions(app, permissions);
  registerDbfs(app, { dbfsDir: options.dbfsDir, volumesDir: options.volumesDir, now: accept.now });
  registerJobs(app, {
    jobs,
    ...{ userName, hasDestination: options.hasDestination },
    limits: options.apiLimits ?? {},
    now: accept.now,
    onTimeoutChange: (jobId, seconds) => setTimeouts(options, jobId, seconds),
  });
  registerStarts(app, { accept, jobs, engine, hasDestination: options.hasDestination });
  registerRuns(app, { runs: accept.runs, jobs, accept, engine, stateDir, now: accept.now, view: options.view });
  registerRunPage(app, { runs: accept.runs, stateDir });
  registerExport(app, { runs: accept.runs, stateDir });
  registerFiles(app, options.volumesDir, multipart);
  registerMultipart(app, { multipart, publicUrl: () => options.view().publicUrl });
  registerDirectories(app, options.volumesDir);
  registerVolumes(app, { volumesDir: options.volumesDir, volumes: options.volumes, userName, now: accept.now });
  registerObjects(app, { root: options.objectsDir, notebooks: options.notebooks });
  registerAdmin(app, { calls, faults });
  registerIdentityAdmin(app, identity);
  return app;
}

/** The job of a run, or of the run that a task run belongs to: their rights are the job's. */
export function jobOfRun(runs: AcceptContext['runs'], runId: number): number | undefined {
  const jobRunId = runs.getTask(runId)?.jobRunId ?? runId;
  return runs.get(jobRunId)?.jobId;
}

function setTimeouts(options: ServerOptions, jobId: number, seconds: number): void {
  const { runs } = options.accept;
  for (const run of runs.listActive()) {
    if (run.jobId === jobId) runs.update(run.runId, { settings: { ...run.settings, timeout_seconds: seconds } });
  }
}
