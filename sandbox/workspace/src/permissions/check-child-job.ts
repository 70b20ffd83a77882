import { ApiError } from '../http/api-error.ts';
import type { IdentityStore } from '../identity/identity-store.ts';
import type { Principal } from '../identity/principal.ts';
import { holdsLevel } from './holds-level.ts';
import type { Grant, PermissionStore } from './permission-store.ts';

export interface ChildJobRights {
  permissions: PermissionStore;
  identity: IdentityStore;
  /** The user whose workspace this is. */
  userName: string;
}

/**
 * A run_job task acts for the owner of its job, whose rights may have changed since the job was made: 403 where he may not run the other job
 * any more. A job without an owner is one-time, and was looked at when it was sent.
 */
export function checkChildJob(rights: ChildJobRights, parentJobId: number, childJobId: number): void {
  const owners = rights.permissions.grants('jobs', String(parentJobId)).filter(({ level }) => level === 'IS_OWNER');
  if (owners.length === 0) return;
  const wanted = { kind: 'jobs', id: String(childJobId), level: 'CAN_MANAGE_RUN' } as const;
  const grants = rights.permissions.grants(wanted.kind, wanted.id);
  const mayRun = owners
    .map((owner) => principalOfGrant(rights, owner))
    .some((owner) => owner.isAdmin || holdsLevel(grants, owner, wanted));
  if (mayRun) return;
  throw new ApiError(
    403,
    'PERMISSION_DENIED',
    `${owners[0]?.name}, who owns job ${parentJobId}, does not have ${wanted.level} permission on job ${childJobId}.`,
  );
}

function principalOfGrant({ identity, userName }: ChildJobRights, { kind, name }: Grant): Principal {
  const known = identity.principalNamed(name, userName);
  if (known !== undefined) return known;
  const isService = kind === 'service_principal_name';
  return {
    ...{ id: '', kind: isService ? 'service-principal' : 'user', name, displayName: name },
    ...{ isAdmin: false, groups: ['users'] },
  };
}
