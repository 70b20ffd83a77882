import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from '@slowlane/contracts';
import { registerAdmin } from '../admin/admin-routes.ts';
import { registerDirectories } from '../files/directory-routes.ts';
import { registerFiles } from '../files/file-routes.ts';
import { registerJobs } from '../jobs/job-routes.ts';
import { registerObjects } from '../objects/object-routes.ts';
import type { AcceptContext } from '../runs/accept-run.ts';
import type { Engine } from '../runs/engine.ts';
import { registerRunPage } from '../runs/run-page.ts';
import { registerRuns } from '../runs/run-routes.ts';
import type { ViewContext } from '../runs/run-view.ts';
import { registerStarts } from '../runs/start-routes.ts';
import type { CallStore } from '../store/call-store.ts';
import type { JobStore } from '../store/job-store.ts';
import { registerErrors } from './api-error.ts';
import { registerAuth } from './auth.ts';
import { registerFaults } from './faults.ts';
import { registerIdentity } from './identity-routes.ts';
import { registerRecord } from './record-calls.ts';

export interface ServerOptions {
  accept: AcceptContext;
  jobs: JobStore;
  calls: CallStore;
  engine: Engine;
  token: string;
  userName: string;
  stateDir: string;
  volumesDir: string;
  objectsDir: string;
  view: () => ViewContext;
  logger: Logger;
}

/** The whole server, not listening. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { engine, jobs, calls, accept, userName, stateDir } = options;
  const app = Fastify({
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
  acceptEmptyJson(app);
  registerErrors(app, options.logger);
  const recordLost = registerRecord(app, calls, accept.now);
  registerAuth(app, options.token);
  const faults = registerFaults(app, recordLost);
  registerIdentity(app, userName);
  registerJobs(app, {
    jobs,
    userName,
    now: accept.now,
    onTimeoutChange: (jobId, seconds) => setTimeouts(options, jobId, seconds),
  });
  registerStarts(app, { accept, jobs, engine });
  registerRuns(app, { runs: accept.runs, engine, stateDir, now: accept.now, view: options.view });
  registerRunPage(app, { runs: accept.runs, stateDir });
  registerFiles(app, options.volumesDir);
  registerDirectories(app, options.volumesDir);
  registerObjects(app, options.objectsDir);
  registerAdmin(app, { calls, faults });
  return app;
}

/** Clients send `content-type: application/json` with no body on calls that need none. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
}

function setTimeouts(options: ServerOptions, jobId: number, seconds: number): void {
  const { runs } = options.accept;
  for (const run of runs.listActive()) {
    if (run.jobId === jobId) runs.update(run.runId, { settings: { ...run.settings, timeout_seconds: seconds } });
  }
}
