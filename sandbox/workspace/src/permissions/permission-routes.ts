import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { descriptions, isObjectKind, levelsOf, type ObjectKind, typeNames } from './levels.ts';
import type { Grant, GranteeKind, PermissionStore } from './permission-store.ts';
import { AccessControl, type AccessEntry } from './schema.ts';

/** PUT replaces all grants, PATCH adds to them; the owner of a job stays unless another is named. @see https://docs.databricks.com/api/workspace/permissions */
export function registerPermissions(app: FastifyInstance, permissions: PermissionStore): void {
  const path = '/api/2.0/permissions/:kind/:id';
  app.get(path, async (request) => show(permissions, objectIn(request)));
  app.get(`${path}/permissionLevels`, async (request) => ({
    permission_levels: levelsOf[objectIn(request).kind].map((level) => ({
      permission_level: level,
      description: descriptions[level],
    })),
  }));
  app.put(path, async (request) => change(permissions, request, true));
  app.patch(path, async (request) => change(permissions, request, false));
}

interface Target {
  kind: ObjectKind;
  id: string;
}

function change(permissions: PermissionStore, request: FastifyRequest, replace: boolean): object {
  const object = objectIn(request);
  const wanted = parseInput(AccessControl, request.body).access_control_list.map((entry) =>
    grantOf(object.kind, entry),
  );
  const owners = wanted.filter(({ level }) => level === 'IS_OWNER');
  if (owners.length > 1 || owners.some(({ kind }) => kind === 'group_name'))
    throw invalidParameter('A job has exactly one owner, who is a user or a service principal.');
  const present = permissions.grants(object.kind, object.id);
  const owner = present.filter(({ level }) => level === 'IS_OWNER');
  const rest = replace ? [] : present.filter(({ level }) => level !== 'IS_OWNER');
  permissions.grant(object, [...(owners.length === 0 ? owner : []), ...rest, ...wanted], true);
  return show(permissions, object);
}

function show(permissions: PermissionStore, { kind, id }: Target): object {
  const list = permissions.grants(kind, id).map(({ kind: grantee, name, level }) => ({
    [grantee]: name,
    ...(grantee === 'group_name' ? {} : { display_name: name }),
    all_permissions: [{ permission_level: level, inherited: false }],
  }));
  const admins = { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: [`/${kind}/`] };
  return {
    object_id: `/${kind}/${id}`,
    object_type: typeNames[kind],
    access_control_list: [...list, { group_name: 'admins', all_permissions: [admins] }],
  };
}

function grantOf(kind: ObjectKind, entry: AccessEntry): Grant {
  const level = entry.permission_level;
  const levels: readonly string[] = levelsOf[kind];
  if (!levels.includes(level))
    throw invalidParameter(`permission_level ${level} is not one of ${levels.join(', ')} of a ${typeNames[kind]}.`);
  const grantees: GranteeKind[] = ['user_name', 'group_name', 'service_principal_name'];
  const grantee = grantees.find((key) => entry[key] !== undefined) as GranteeKind;
  return { kind: grantee, name: entry[grantee] as string, level };
}

function objectIn(request: FastifyRequest): Target {
  const { kind, id } = request.params as { kind: string; id: string };
  if (!isObjectKind(kind))
    throw invalidParameter(`'${kind}' is not a supported object type: ${Object.keys(levelsOf).join(', ')}.`);
  if (!/^[A-Za-z0-9-]{1,100}$/.test(id)) throw invalidParameter(`'${id.slice(0, 100)}' is not an id of ${kind}.`);
  return { kind, id };
}
