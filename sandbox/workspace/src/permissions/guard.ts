import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import { holdsLevel } from './holds-level.ts';
import { type ObjectKind, typeNames } from './levels.ts';
import type { PermissionStore } from './permission-store.ts';
import { ObjectIds } from './schema.ts';

export interface GuardOptions {
  permissions: PermissionStore;
  jobOfRun: (runId: number) => number | undefined;
}

/**
 * Rights of callers that are no admins, before anything else is looked at: 403 also for what does not exist, so that nobody learns
 * what does. Whoever makes a job, cluster or pool owns it.
 */
export function registerGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.open === true || request.routeOptions.url === undefined) return;
    const caller = principalOf(request);
    if (caller.isAdmin) return;
    const object = objectOf(request, options);
    if (object === undefined) return;
    if (holdsLevel(options.permissions.grants(object.kind, object.id), caller, object)) return;
    throw denied(caller, object);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const made = madeBy[request.routeOptions.url?.replace(/^\/api\/2\.\d/, '') ?? ''];
    if (made === undefined || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const id = (JSON.parse(payload) as Record<string, unknown>)[made.field];
    if (id !== undefined) own(options.permissions, principalOf(request), { kind: made.kind, id: String(id) });
    return payload;
  });
}

interface Wanted {
  kind: ObjectKind;
  id: string;
  level: string;
}

const madeBy: Record<string, { kind: ObjectKind; field: string } | undefined> = {
  '/jobs/create': { kind: 'jobs', field: 'job_id' },
  '/clusters/create': { kind: 'clusters', field: 'cluster_id' },
  '/policies/clusters/create': { kind: 'cluster-policies', field: 'policy_id' },
  '/instance-pools/create': { kind: 'instance-pools', field: 'instance_pool_id' },
};

function own(permissions: PermissionStore, caller: Principal, object: { kind: ObjectKind; id: string }): void {
  const kind = caller.kind === 'user' ? 'user_name' : 'service_principal_name';
  const level = object.kind === 'jobs' ? 'IS_OWNER' : object.kind === 'cluster-policies' ? 'CAN_USE' : 'CAN_MANAGE';
  permissions.grant(object, [{ kind, name: caller.name, level }], false);
}

function objectOf(request: FastifyRequest, { jobOfRun }: GuardOptions): Wanted | undefined {
  const route = request.routeOptions.url?.replace(/^\/api\/2\.\d/, '') ?? '';
  const params = request.params as { kind?: ObjectKind; id?: string };
  if (
    route.startsWith('/permissions/') &&
    params.kind !== undefined &&
    params.id !== undefined &&
    params.kind in typeNames
  )
    return { kind: params.kind, id: params.id, level: params.kind === 'cluster-policies' ? 'CAN_USE' : 'CAN_MANAGE' };
  const ids = ObjectIds.parse(request.method === 'GET' ? request.query : request.body);
  const isRead = request.method === 'GET' || route.endsWith('/events');
  if (route.startsWith('/jobs/')) {
    const jobId = ids.run_id === undefined ? ids.job_id : String(jobOfRun(Number(ids.run_id)) ?? '');
    if (jobId === undefined) return undefined;
    const isRun = route.includes('run');
    return { kind: 'jobs', id: jobId, level: isRead ? 'CAN_VIEW' : isRun ? 'CAN_MANAGE_RUN' : 'CAN_MANAGE' };
  }
  if ((route.startsWith('/clusters/') || route.startsWith('/libraries/')) && ids.cluster_id !== undefined) {
    const isStart = /\/(start|restart|delete)$/.test(route);
    return {
      kind: 'clusters',
      id: ids.cluster_id,
      level: isRead ? 'CAN_ATTACH_TO' : isStart ? 'CAN_RESTART' : 'CAN_MANAGE',
    };
  }
  if (route.startsWith('/instance-pools/') && ids.instance_pool_id !== undefined && !isRead)
    return { kind: 'instance-pools', id: ids.instance_pool_id, level: 'CAN_MANAGE' };
  return undefined;
}

function denied(caller: Principal, { kind, id, level }: Wanted): ApiError {
  return new ApiError(
    403,
    'PERMISSION_DENIED',
    `${caller.name} does not have ${level} permission on ${typeNames[kind]} ${id}.`,
  );
}
