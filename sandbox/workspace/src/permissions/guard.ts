import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import { holdsLevel } from './holds-level.ts';
import { type ObjectKind, typeNames } from './levels.ts';
import type { PermissionStore } from './permission-store.ts';
import { ObjectIds, TargetTasks } from './schema.ts';

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
    if (/\/clusters\/(?:un)?pin$/.test(request.routeOptions.url))
      throw new ApiError(403, 'PERMISSION_DENIED', 'Only admins may pin clusters.');
    checkTargets(request, caller, options.permissions);
    for (const object of objectsOf(request, options)) {
      if (!holdsLevel(options.permissions.grants(object.kind, object.id), caller, object)) throw denied(caller, object);
    }
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const made = madeBy[request.routeOptions.url?.replace(/^\/api\/2\.\d/, '') ?? ''];
    if (made === undefined || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const id = (JSON.parse(payload) as Record<string, unknown>)[made.field];
    if (id !== undefined) own(options.permissions, principalOf(request), { kind: made.kind, id: String(id) });
    return payload;
  });
}

/** Whoever makes a job run another one, or on a cluster that is there, must be allowed to do so himself. */
function checkTargets(request: FastifyRequest, caller: Principal, permissions: PermissionStore): void {
  const route = request.routeOptions.url?.replace(/^\/api\/2\.\d/, '') ?? '';
  if (!/^\/jobs\/(?:create|reset|update|runs\/submit)$/.test(route)) return;
  for (const wanted of targetsOf(request.body)) {
    if (!holdsLevel(permissions.grants(wanted.kind, wanted.id), caller, wanted)) throw denied(caller, wanted);
  }
}

/** Jobs that the settings in a body would run, and clusters that they would use, within for-each tasks too. */
function targetsOf(body: unknown): Wanted[] {
  const { tasks, new_settings } = TargetTasks.parse(body);
  return [...(tasks ?? []), ...(new_settings?.tasks ?? [])]
    .flatMap((task) => [task, task.for_each_task?.task])
    .flatMap((task): { kind: ObjectKind; id: string | undefined; level: string }[] => [
      { kind: 'jobs', id: task?.run_job_task?.job_id, level: 'CAN_MANAGE_RUN' },
      { kind: 'clusters', id: task?.existing_cluster_id, level: 'CAN_ATTACH_TO' },
    ])
    .filter((wanted): wanted is Wanted => wanted.id !== undefined);
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

/** All that the call names: a body with another id beside the one that its route reads must not lead past the guard. */
function objectsOf(request: FastifyRequest, { jobOfRun }: GuardOptions): Wanted[] {
  const route = request.routeOptions.url?.replace(/^\/api\/2\.\d/, '') ?? '';
  const params = request.params as { kind?: ObjectKind; id?: string };
  if (
    route.startsWith('/permissions/') &&
    params.kind !== undefined &&
    params.id !== undefined &&
    params.kind in typeNames
  )
    return [{ kind: params.kind, id: params.id, level: params.kind === 'cluster-policies' ? 'CAN_USE' : 'CAN_MANAGE' }];
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  const ids = ObjectIds.parse(isGet ? request.query : request.body);
  const page = /^\/(?:jobs|slowlane\/spark-ui)\/:/.test(route) ? ObjectIds.parse(request.params).run_id : undefined;
  // What else the address of a page names is not looked at by the page.
  if (page !== undefined) return [{ kind: 'jobs', id: String(jobOfRun(Number(page)) ?? ''), level: 'CAN_VIEW' }];
  const isRead = isGet || route.endsWith('/events');
  if (route.startsWith('/jobs/')) {
    const level = isRead ? 'CAN_VIEW' : route.includes('run') ? 'CAN_MANAGE_RUN' : 'CAN_MANAGE';
    const ofRun = ids.run_id === undefined ? [] : [String(jobOfRun(Number(ids.run_id)) ?? '')];
    // Without a job it is about the runs of everybody, which no grant covers.
    const ofAll = route.endsWith('/cancel-all') && ids.job_id === undefined ? ['*'] : [];
    const named = ids.job_id === undefined ? [] : [ids.job_id];
    return [...ofRun, ...named, ...ofAll].map((id) => ({ kind: 'jobs', id, level }));
  }
  if ((route.startsWith('/clusters/') || route.startsWith('/libraries/')) && ids.cluster_id !== undefined) {
    const isStart = /\/(start|restart|delete)$/.test(route);
    const level = isRead ? 'CAN_ATTACH_TO' : isStart ? 'CAN_RESTART' : 'CAN_MANAGE';
    return [{ kind: 'clusters', id: ids.cluster_id, level }];
  }
  if (route.startsWith('/instance-pools/') && ids.instance_pool_id !== undefined && !isRead)
    return [{ kind: 'instance-pools', id: ids.instance_pool_id, level: 'CAN_MANAGE' }];
  if (route.startsWith('/policies/clusters/') && ids.policy_id !== undefined && !isRead)
    return [{ kind: 'cluster-policies', id: ids.policy_id, level: 'CAN_USE' }];
  return [];
}

function denied(caller: Principal, { kind, id, level }: Wanted): ApiError {
  return new ApiError(
    403,
    'PERMISSION_DENIED',
    `${caller.name} does not have ${level} permission on ${typeNames[kind]} ${id}.`,
  );
}
