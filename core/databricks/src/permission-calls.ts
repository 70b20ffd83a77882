import type { Caller } from './call.ts';
import type { Grant, PermissionCalls } from './databricks-client.ts';

export function permissionCalls(caller: Caller): PermissionCalls {
  return {
    async set({ kind, id }, grants, options) {
      const path = `/api/2.0/permissions/${kind}/${encodeURIComponent(id)}`;
      const json = { access_control_list: grants.map(entryOf) };
      await caller.json({ method: 'PUT', path, json, family: 'permissions', repeatable: true }, options);
    },
  };
}

function entryOf(grant: Grant): Record<string, string> {
  const permission_level = grant.level;
  if ('user' in grant) return { user_name: grant.user, permission_level };
  if ('group' in grant) return { group_name: grant.group, permission_level };
  return { service_principal_name: grant.servicePrincipal, permission_level };
}
