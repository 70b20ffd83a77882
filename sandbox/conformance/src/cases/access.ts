import type { Case } from '../case.ts';
import { call, claim, create, http, refused, remove } from './make.ts';
import { doc, errorsSdk, ours, recorded, sdk, unverified, workspaceSdk } from './sources.ts';

const iam = sdk('service/iam.py');
const scope = call('secrets.create_scope', { scope: 'conformance-{unique}' });
const at = { scope: 'conformance-{unique}' };
const put = call('secrets.put_secret', { ...at, key: 'password', string_value: 'geheim' });
const unscope = call('secrets.delete_scope', at);
const object = { request_object_type: 'jobs', request_object_id: '{job_id}' };
const grant = (name: string, level: string) => ({
  access_control_list: [{ group_name: name, permission_level: level }],
});
const throttled = {
  route: 'GET /api/*/jobs/get',
  kind: 'status',
  status: 429,
  errorCode: 'REQUEST_LIMIT_EXCEEDED',
  retryAfterSeconds: 1,
};
const getJob = call('jobs.get', { job_id: '{job_id}' }, { expect: { has: { job_id: '{job_id}' } } });
const rawGet = { clients: ['ours', 'python', 'java'] as const, why: 'the raw client repeats nothing' };

export const accessCases: readonly Case[] = [
  claim('secrets/scope', 'a scope is made, listed and deleted', workspaceSdk, [
    scope,
    call('secrets.list_scopes', {}, { expect: { has: { 'scopes.0.backend_type': 'DATABRICKS' } } }),
    unscope,
  ]),
  claim('secrets/scope-twice', 'a scope that is there already is RESOURCE_ALREADY_EXISTS', workspaceSdk, [
    scope,
    { ...scope, expect: refused(400, 'RESOURCE_ALREADY_EXISTS') },
    unscope,
  ]),
  claim('secrets/put-list', 'list has keys and times, never values', workspaceSdk, [
    scope,
    put,
    call('secrets.list_secrets', at, {
      expect: {
        count: { secrets: 1 },
        has: { 'secrets.0.key': 'password' },
        wire: { present: ['secrets.0.last_updated_timestamp'], absent: ['secrets.0.value', 'secrets.0.string_value'] },
      },
    }),
    unscope,
  ]),
  claim('secrets/get', 'get answers the value in base64', workspaceSdk, [
    scope,
    put,
    call('secrets.get_secret', { ...at, key: 'password' }, { expect: { has: { value: 'Z2VoZWlt' } } }),
    unscope,
  ]),
  claim('secrets/overwrite', 'put replaces a value', workspaceSdk, [
    scope,
    put,
    call('secrets.put_secret', { ...at, key: 'password', string_value: 'anders' }),
    call('secrets.get_secret', { ...at, key: 'password' }, { expect: { has: { value: 'YW5kZXJz' } } }),
    unscope,
  ]),
  claim('secrets/delete', 'a deleted secret does not exist', workspaceSdk, [
    scope,
    put,
    call('secrets.delete_secret', { ...at, key: 'password' }),
    call(
      'secrets.get_secret',
      { ...at, key: 'password' },
      { expect: refused(404, 'RESOURCE_DOES_NOT_EXIST', undefined, true) },
    ),
    unscope,
  ]),
  claim('secrets/no-scope', 'put into a scope that is not there is RESOURCE_DOES_NOT_EXIST', workspaceSdk, [
    { ...put, expect: refused(404, 'RESOURCE_DOES_NOT_EXIST', undefined, true) },
  ]),
  claim('secrets/empty-has-no-key', 'an empty scope has no "secrets" key', workspaceSdk, [
    scope,
    call('secrets.list_secrets', at, { expect: { count: { secrets: 0 }, wire: { absent: ['secrets'] } } }),
    unscope,
  ]),
  claim('permissions/get', 'permissions of a job name the object and its owner', iam, [
    create(),
    call('permissions.get', object, {
      expect: {
        has: {
          object_type: 'job',
          object_id: '/jobs/{job_id}',
          access_control_list: { contains: { all_permissions: [{ permission_level: 'IS_OWNER' }] } },
        },
      },
    }),
    remove,
  ]),
  claim('permissions/patch-adds', 'PATCH adds a grant', iam, [
    create(),
    call(
      'permissions.update',
      { ...object, ...grant('users', 'CAN_VIEW') },
      {
        expect: {
          has: {
            access_control_list: {
              contains: { group_name: 'users', all_permissions: [{ permission_level: 'CAN_VIEW' }] },
            },
          },
        },
      },
    ),
    remove,
  ]),
  claim('permissions/put-replaces', 'PUT replaces the grants', iam, [
    create(),
    call('permissions.update', { ...object, ...grant('users', 'CAN_VIEW') }),
    call('permissions.set', { ...object, ...grant('users', 'CAN_MANAGE_RUN') }),
    call('permissions.get', object, {
      expect: {
        has: {
          access_control_list: {
            contains: { group_name: 'users', all_permissions: [{ permission_level: 'CAN_MANAGE_RUN' }] },
          },
        },
      },
    }),
    remove,
  ]),
  claim('permissions/unknown-level', 'an unknown level is refused', unverified, [
    create(),
    http('PATCH', '/api/2.0/permissions/jobs/{job_id}', {
      body: JSON.stringify(grant('users', 'CAN_FLY')),
      expect: refused(400),
    }),
    remove,
  ]),
  claim(
    'identity/me',
    'Me names the caller',
    iam,
    [
      call(
        'current_user.me',
        {},
        { expect: { has: { userName: { matches: '.' }, active: true }, wire: { present: ['id'] } } },
      ),
    ],
    { clients: ['raw', 'ours'], why: 'the SDKs rename the fields of SCIM: see identity/me-by-sdk' },
  ),
  claim(
    'identity/me-by-sdk',
    'Me names the caller, in the words of the SDKs',
    iam,
    [call('current_user.me', {}, { expect: { has: { userName: { matches: '.' } } } })],
    { clients: ['python', 'java'], why: 'this is about the SDKs' },
  ),
  claim('identity/org-header', 'Me answers the id of the workspace in a header', recorded, [
    http('GET', '/api/2.0/preview/scim/v2/Me', {
      expect: { wire: { headers: { 'x-databricks-org-id': '^[0-9]+$' } } },
    }),
  ]),
  claim('auth/no-token', 'a call without a token is 401', errorsSdk, [
    http('GET', '/api/2.2/jobs/list', { withoutToken: true, expect: refused(401) }),
  ]),
  claim('auth/bad-token', 'a wrong token is refused with 401 or 403, before anything else', unverified, [
    http('GET', '/api/2.2/jobs/get?job_id=1', {
      headers: { authorization: 'Bearer nobody' },
      expect: refused(403),
    }),
  ]),
  claim('oidc/discovery', 'OIDC discovery names the token endpoint, without a token', sdk('oauth.py'), [
    http('GET', '/oidc/.well-known/oauth-authorization-server', {
      withoutToken: true,
      expect: { has: { token_endpoint: { matches: '/oidc/v1/token$' } } },
    }),
  ]),
  claim(
    'oidc/bad-client',
    'an unknown client gets no token, and the error in the form of OAuth',
    doc('https://docs.databricks.com/dev-tools/auth/oauth-m2m'),
    [
      http('POST', '/oidc/v1/token', {
        withoutToken: true,
        body: 'grant_type=client_credentials&scope=all-apis',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' },
        expect: { error: { status: 401, code: 'invalid_client' } },
      }),
    ],
  ),
  claim('oidc/config', 'databricks-config names the OIDC endpoint', sdk('config.py'), [
    http('GET', '/.well-known/databricks-config', {
      withoutToken: true,
      expect: { wire: { present: ['oidc_endpoint'] } },
    }),
  ]),
  claim(
    'tokens/life',
    'a token is made, shown once, listed without its value and revoked',
    sdk('service/settings.py'),
    [
      call(
        'tokens.create',
        { comment: 'conformance {unique}', lifetime_seconds: 600 },
        { save: { token_id: 'token_info.token_id', value: 'token_value' } },
      ),
      call(
        'tokens.list',
        {},
        { expect: { wire: { present: ['token_infos.0.token_id'], absent: ['token_infos.0.token_value'] } } },
      ),
      call('tokens.delete', { token_id: '{token_id}' }),
    ],
  ),
  claim(
    'tokens/works-until-revoked',
    'a made token works, and no more when it is revoked',
    sdk('service/settings.py'),
    [
      call(
        'tokens.create',
        { comment: 'conformance {unique}', lifetime_seconds: 600 },
        { save: { token_id: 'token_info.token_id', value: 'token_value' } },
      ),
      http('GET', '/api/2.0/preview/scim/v2/Me', {
        headers: { authorization: 'Bearer {value}' },
        expect: { wire: { status: 200 } },
      }),
      call('tokens.delete', { token_id: '{token_id}' }),
      http('GET', '/api/2.0/preview/scim/v2/Me', {
        headers: { authorization: 'Bearer {value}' },
        expect: { wire: { status: 403 } },
      }),
    ],
    { clients: ['raw'] },
  ),
  claim('errors/unknown-route', 'a route that is not there answers 501 NOT_IMPLEMENTED', ours, [
    http('GET', '/api/2.0/nothing/of/this', { expect: refused(501, 'NOT_IMPLEMENTED') }),
  ]),
  claim('errors/wrong-method', 'a known path with another method is refused in the usual shape', ours, [
    http('DELETE', '/api/2.2/jobs/list', {
      expect: { wire: { present: ['error_code', 'message'] }, error: { status: 501 } },
    }),
  ]),
  claim('errors/throttled', '429 has an error code and whole seconds in Retry-After', sdk('retries.py'), [
    create(),
    { fault: throttled },
    http('GET', '/api/2.2/jobs/get?job_id={job_id}', {
      expect: {
        error: { status: 429, code: 'REQUEST_LIMIT_EXCEEDED' },
        wire: { headers: { 'retry-after': '^[0-9]+$' } },
      },
    }),
    remove,
  ]),
  claim(
    'errors/throttled-repeated',
    'clients repeat a call that was answered 429',
    sdk('retries.py'),
    [create(), { fault: throttled }, getJob, remove],
    rawGet,
  ),
  claim(
    'errors/unavailable-repeated',
    'clients repeat a call that was answered 503',
    sdk('retries.py'),
    [create(), { fault: { ...throttled, status: 503, errorCode: 'TEMPORARILY_UNAVAILABLE' } }, getJob, remove],
    rawGet,
  ),
  claim(
    'errors/internal-not-repeated',
    'a plain 500 is not repeated by the Python SDK',
    sdk('retries.py'),
    [
      create(),
      { fault: { ...throttled, status: 500, errorCode: 'INTERNAL_ERROR' } },
      call('jobs.get', { job_id: '{job_id}' }, { expect: refused(500, 'INTERNAL_ERROR') }),
      remove,
    ],
    { clients: ['raw', 'ours', 'python'], why: 'not claimed of this client' },
  ),
  claim('errors/html', 'a page of HTML in place of an answer is an error to every client', sdk('errors/parser.py'), [
    create(),
    { fault: { ...throttled, status: 400, body: '<html><head><title>proxy</title></head></html>' } },
    call('jobs.get', { job_id: '{job_id}' }, { expect: { error: { status: 400 } } }),
    remove,
  ]),
  claim(
    'errors/cut-get',
    'a GET whose connection was cut is repeated',
    sdk('_base_client.py'),
    [create(), { fault: { route: 'GET /api/*/jobs/get', kind: 'cut' } }, getJob, remove],
    { clients: ['ours', 'python'], why: 'this client repeats only what it knows not to have been sent' },
  ),
];
