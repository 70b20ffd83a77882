import type { Principal } from '../identity/principal.ts';
import { levelsOf, type ObjectKind } from './levels.ts';
import type { Grant } from './permission-store.ts';

/** Whether the grants give the caller that level or a stronger one. */
export function holdsLevel(
  grants: readonly Grant[],
  caller: Principal,
  { kind, level }: { kind: ObjectKind; level: string },
): boolean {
  const levels: readonly string[] = levelsOf[kind];
  const isHis = (grant: Grant): boolean =>
    grant.kind === 'group_name'
      ? caller.groups.includes(grant.name)
      : grant.kind === (caller.kind === 'user' ? 'user_name' : 'service_principal_name') && grant.name === caller.name;
  return grants.some((grant) => isHis(grant) && levels.indexOf(grant.level) >= levels.indexOf(level));
}
