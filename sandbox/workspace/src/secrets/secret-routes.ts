import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decodeBase64 } from '../http/decode-base64.ts';
import { ApiError, invalidParameter, notImplemented } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import { AclName, CreateScope, PutAcl, PutSecret, ScopeBody, SecretName } from './schema.ts';
import type { SecretPermission, SecretStore } from './secret-store.ts';

export interface SecretRoutesOptions {
  secrets: SecretStore;
  now: () => number;
}

const prefix = '/api/2.0/secrets';
const maxScopes = 1_000;
const maxSecrets = 1_000;
const maxValueBytes = 128 * 1_024;
const weight: Record<SecretPermission, number> = { READ: 1, WRITE: 2, MANAGE: 3 };

/** @see https://docs.databricks.com/api/workspace/secrets */
export function registerSecretRoutes(app: FastifyInstance, options: SecretRoutesOptions): void {
  const { secrets } = options;
  app.post(`${prefix}/scopes/create`, async (request) => createScope(options, request));
  app.get(`${prefix}/scopes/list`, async (request) => listScopes(secrets, principalOf(request)));
  app.post(`${prefix}/scopes/delete`, async (request) => {
    const { scope } = parseInput(ScopeBody, request.body);
    demand(secrets, request, { scope, level: 'MANAGE' });
    secrets.removeScope(scope);
    return {};
  });
  app.post(`${prefix}/put`, async (request) => putSecret(options, request));
  app.post(`${prefix}/delete`, async (request) => {
    const { scope, key } = parseInput(SecretName, request.body);
    demand(secrets, request, { scope, level: 'WRITE' });
    if (!secrets.remove(scope, key)) throw missingSecret(scope, key);
    return {};
  });
  app.get(`${prefix}/list`, async (request) => {
    const { scope } = parseInput(ScopeBody, request.query);
    demand(secrets, request, { scope, level: 'READ' });
    const found = secrets.list(scope).map(({ key, updatedAt }) => ({ key, last_updated_timestamp: updatedAt }));
    return found.length === 0 ? {} : { secrets: found };
  });
  app.get(`${prefix}/get`, async (request) => {
    const { scope, key } = parseInput(SecretName, request.query);
    demand(secrets, request, { scope, level: 'READ' });
    const value = secrets.bytes(scope, key);
    if (value === undefined) throw missingSecret(scope, key);
    return { key, value: value.toString('base64') };
  });
  registerAcls(app, secrets);
}

function registerAcls(app: FastifyInstance, secrets: SecretStore): void {
  app.post(`${prefix}/acls/put`, async (request) => {
    const { scope, principal, permission } = parseInput(PutAcl, request.body);
    demand(secrets, request, { scope, level: 'MANAGE' });
    secrets.putAcl(scope, principal, permission);
    return {};
  });
  app.post(`${prefix}/acls/delete`, async (request) => {
    const { scope, principal } = parseInput(AclName, request.body);
    demand(secrets, request, { scope, level: 'MANAGE' });
    if (!secrets.removeAcl(scope, principal)) throw missingAcl(scope, principal);
    return {};
  });
  app.get(`${prefix}/acls/list`, async (request) => {
    const { scope } = parseInput(ScopeBody, request.query);
    demand(secrets, request, { scope, level: 'MANAGE' });
    const items = secrets.acls(scope);
    return items.length === 0 ? {} : { items };
  });
  app.get(`${prefix}/acls/get`, async (request) => {
    const { scope, principal } = parseInput(AclName, request.query);
    demand(secrets, request, { scope, level: 'MANAGE' });
    const found = secrets.acls(scope).find((acl) => acl.principal === principal);
    if (found === undefined) throw missingAcl(scope, principal);
    return found;
  });
}

function createScope({ secrets }: SecretRoutesOptions, request: FastifyRequest): object {
  const input = parseInput(CreateScope, request.body);
  const { scope, initial_manage_principal: manager } = input;
  if (input.scope_backend_type !== 'DATABRICKS') throw notImplemented(`A scope in ${input.scope_backend_type}`);
  if (manager !== undefined && manager !== 'users')
    throw invalidParameter(`initial_manage_principal can only be 'users', but is '${manager}'.`);
  if (secrets.listScopes().length >= maxScopes)
    throw new ApiError(400, 'RESOURCE_LIMIT_EXCEEDED', `The workspace has ${maxScopes} scopes already.`);
  if (!secrets.addScope(scope)) throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `Scope ${scope} already exists!`);
  secrets.putAcl(scope, manager ?? principalOf(request).name, 'MANAGE');
  return {};
}

function listScopes(secrets: SecretStore, caller: Principal): object {
  const visible = secrets.listScopes().filter((scope) => holds(secrets, caller, { scope, level: 'READ' }));
  return visible.length === 0 ? {} : { scopes: visible.map((name) => ({ name, backend_type: 'DATABRICKS' })) };
}

function putSecret({ secrets, now }: SecretRoutesOptions, request: FastifyRequest): object {
  const { scope, key, string_value, bytes_value } = parseInput(PutSecret, request.body);
  if ((string_value === undefined) === (bytes_value === undefined))
    throw invalidParameter('Exactly one of string_value and bytes_value must be given.');
  const value = string_value === undefined ? decodeBase64(bytes_value ?? '', 'bytes_value') : Buffer.from(string_value);
  if (value.length > maxValueBytes)
    throw new ApiError(
      400,
      'MAX_SECRET_SIZE_EXCEEDED',
      `The secret has ${value.length} bytes, at most ${maxValueBytes} are allowed.`,
    );
  demand(secrets, request, { scope, level: 'WRITE' });
  if (secrets.bytes(scope, key) === undefined && secrets.list(scope).length >= maxSecrets)
    throw new ApiError(400, 'RESOURCE_LIMIT_EXCEEDED', `Scope ${scope} has ${maxSecrets} secrets already.`);
  secrets.put(scope, key, value, now());
  return {};
}

interface Demand {
  scope: string;
  level: SecretPermission;
}

/** The right comes first: who has none learns nothing about what exists. */
function demand(secrets: SecretStore, request: FastifyRequest, { scope, level }: Demand): void {
  const caller = principalOf(request);
  if (!holds(secrets, caller, { scope, level }))
    throw new ApiError(
      403,
      'PERMISSION_DENIED',
      `User ${caller.name} does not have ${level} permission on scope ${scope}.`,
    );
  if (!secrets.hasScope(scope)) throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Scope ${scope} does not exist!`);
}

function holds(secrets: SecretStore, caller: Principal, { scope, level }: Demand): boolean {
  if (caller.isAdmin) return true;
  const names = [caller.name, ...caller.groups];
  return secrets.acls(scope).some((acl) => names.includes(acl.principal) && weight[acl.permission] >= weight[level]);
}

function missingSecret(scope: string, key: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Failed to get secret ${key} for scope ${scope}.`);
}

function missingAcl(scope: string, principal: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Failed to get secret acl for ${principal} for scope ${scope}.`);
}
