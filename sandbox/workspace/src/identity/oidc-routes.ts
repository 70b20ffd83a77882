import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from './open-identity.ts';
import { requestOrigin } from './request-origin.ts';
import { TokenForm } from './schema.ts';

export interface OidcOptions {
  identity: Identity;
  publicUrl: () => string;
}

/**
 * What a client asks before it has a token: where it is, where tokens come from, and a token of a service principal.
 *
 * @see https://docs.databricks.com/dev-tools/auth/oauth-m2m
 */
export function registerOidc(app: FastifyInstance, { identity, publicUrl }: OidcOptions): void {
  const open = { config: { open: true } };
  app.get('/.well-known/databricks-config', open, async (request) => ({
    oidc_endpoint: `${requestOrigin(request, publicUrl())}/oidc`,
    workspace_id: identity.store.workspaceId,
  }));
  app.get('/oidc/.well-known/oauth-authorization-server', open, async (request) =>
    discovery(requestOrigin(request, publicUrl())),
  );
  void app.register(async (tokens) => {
    tokens.removeContentTypeParser('application/x-www-form-urlencoded');
    tokens.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 65_536 },
      (_r, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
    );
    tokens.post('/oidc/v1/token', open, async (request, reply) => grantToken(identity, request, reply));
  });
}

function discovery(origin: string): object {
  return {
    issuer: `${origin}/oidc`,
    token_endpoint: `${origin}/oidc/v1/token`,
    authorization_endpoint: `${origin}/oidc/v1/authorize`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    response_types_supported: ['token'],
    scopes_supported: ['all-apis'],
  };
}

/** Only client credentials. A token exchange would need an issuer whose keys somebody vouches for, so it is refused by name. */
function grantToken(identity: Identity, request: FastifyRequest, reply: FastifyReply): object {
  void reply.header('cache-control', 'no-store');
  const parsed = TokenForm.safeParse(request.body ?? {});
  if (!parsed.success) return refuse(reply, { status: 400, error: 'invalid_request', why: 'The form cannot be read.' });
  const form = parsed.data;
  if (form.grant_type !== 'client_credentials') {
    const why = `The local workspace grants client_credentials only, not '${form.grant_type.slice(0, 100)}'.`;
    return refuse(reply, { status: 400, error: 'unsupported_grant_type', why });
  }
  const { clientId, clientSecret } = credentialsOf(request, form);
  if (!identity.store.hasSecret(clientId, clientSecret)) {
    void reply.header('www-authenticate', 'Basic realm="oidc"');
    return refuse(reply, { status: 401, error: 'invalid_client', why: 'Client authentication failed.' });
  }
  if (!form.scope.split(' ').includes('all-apis'))
    return refuse(reply, { status: 400, error: 'invalid_scope', why: 'The scope must be all-apis.' });
  const lifetimeMs = identity.tokenLifetimeMs;
  const { value } = identity.store.issue(
    { kind: 'oauth', principal: clientId, comment: '', lifetimeMs },
    identity.now(),
  );
  return { access_token: value, token_type: 'Bearer', scope: 'all-apis', expires_in: Math.floor(lifetimeMs / 1_000) };
}

/** HTTP Basic, whose two halves are form-encoded (RFC 6749 2.3.1), or the form's own fields. */
function credentialsOf(
  request: FastifyRequest,
  form: { client_id?: string | undefined; client_secret?: string | undefined },
): { clientId: string; clientSecret: string } {
  const basic = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic === undefined) return { clientId: form.client_id ?? '', clientSecret: form.client_secret ?? '' };
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return { clientId: formDecoded(pair.slice(0, Math.max(0, colon))), clientSecret: formDecoded(pair.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function refuse(reply: FastifyReply, { status, error, why }: { status: number; error: string; why: string }): object {
  void reply.status(status);
  return { error, error_description: why };
}
