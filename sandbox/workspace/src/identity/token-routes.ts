import type { FastifyInstance } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import type { AccessToken } from './identity-store.ts';
import type { Identity } from './open-identity.ts';
import { principalOf } from './principal.ts';
import { CreateToken, DeleteToken } from './schema.ts';

const prefix = '/api/2.0/token';
/** Of one principal. */
const maxTokens = 600;

/** Personal access tokens of the caller. @see https://docs.databricks.com/api/workspace/tokens */
export function registerTokens(app: FastifyInstance, identity: Identity): void {
  const { store } = identity;
  app.post(`${prefix}/create`, async (request) => {
    const { comment, lifetime_seconds: seconds } = parseInput(CreateToken, request.body);
    const principal = principalOf(request).name;
    if (store.tokens(principal).length >= maxTokens)
      throw new ApiError(400, 'QUOTA_EXCEEDED', `${principal} has ${maxTokens} tokens already.`);
    const lifetimeMs = seconds === undefined || seconds < 1 ? null : seconds * 1_000;
    const { value, token } = store.issue({ kind: 'pat', principal, comment, lifetimeMs }, identity.now());
    return { token_value: value, token_info: infoOf(token) };
  });
  app.get(`${prefix}/list`, async (request) => {
    const infos = store.tokens(principalOf(request).name).map(infoOf);
    return infos.length === 0 ? {} : { token_infos: infos };
  });
  app.post(`${prefix}/delete`, async (request) => {
    const { token_id: id } = parseInput(DeleteToken, request.body);
    if (!store.revoke(principalOf(request).name, id))
      throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Token with ID ${id} does not exist`);
    return {};
  });
}

function infoOf({ tokenId, createdAt, expiresAt, comment }: AccessToken): object {
  return { token_id: tokenId, creation_time: createdAt, expiry_time: expiresAt ?? -1, comment };
}
