import { ApiError } from '../http/api-error.ts';
import type { IdentityStore } from '../identity/identity-store.ts';
import type { Principal } from '../identity/principal.ts';
import { holdsLevel } from './holds-level.ts';
import { typeNames } from './levels.ts';
import type { Grant, PermissionStore } from './permission-store.ts';

export type OwnerWants =
  { kind: 'jobs'; id: string; level: 'CAN_MANAGE_RUN' } | { kind: 'clusters'; id: string; level: 'CAN_ATTACH_TO' };

export interface OwnerRights {
  permissions: PermissionStore;
  identity: IdentityStore;
  /** The user whose workspace this is. */
  userName: string;
}

/**
 * A run acts for the owner of its job, whose rights may have changed since the job was made: 403 where he may not run the other job
 * of a run_job task, or use the cluster that a task names, any more. A job without an owner is one-time, and was looked at when it was sent.
 */
export function checkOwner(rights: OwnerRights, jobId: number, wanted: OwnerWants): void {
  const owners = rights.permissions.grants('jobs', String(jobId)).filter(({ level }) => level === 'IS_OWNER');
  if (owners.length === 0) return;
  const grants = rights.permissions.grants(wanted.kind, wanted.id);
  const mayUse = owners
    .map((owner) => principalOfGrant(rights, owner))
    .some((owner) => owner.isAdmin || holdsLevel(grants, owner, wanted));
  if (mayUse) return;
  throw new ApiError(
    403,
    'PERMISSION_DENIED',
    `${owners[0]?.name}, who owns job ${jobId}, does not have ${wanted.level} permission on ${typeNames[wanted.kind]} ${wanted.id}.`,
  );
}

function principalOfGrant({ identity, userName }: OwnerRights, { kind, name }: Grant): Principal {
  const known = identity.principalNamed(name, userName);
  if (known !== undefined) return known;
  const isService = kind === 'service_principal_name';
  return {
    ...{ id: '', kind: isService ? 'service-principal' : 'user', name, displayName: name },
    ...{ isAdmin: false, groups: ['users'] },
  };
}
