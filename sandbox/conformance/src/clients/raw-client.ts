import type { Json, JsonObject } from '@slowlane/contracts';
import type { Answer, CallStep, Client, HttpStep } from '../case.ts';
import { wireOf } from '../operations.ts';

/** Exact bytes over `fetch`: no retry, no filling in, every answer as it came. */
export function createRawClient({ host, token }: { host: string; token: string }): Client {
  return {
    name: 'raw',
    version: `fetch of Node ${process.versions.node}`,
    cannot: () => undefined,
    shows: () => true,
    async send(step) {
      if ('call' in step && step.call === 'principal.me') return askAsPrincipal(host, step.with ?? {});
      const { url, ...request } = 'http' in step ? exactRequest(step) : callRequest(step);
      const withoutToken = 'http' in step && step.http.withoutToken === true;
      const response = await fetch(url.startsWith('http') ? url : host + url, {
        ...request,
        headers: { ...(withoutToken ? {} : { authorization: `Bearer ${token}` }), ...request.headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(120_000),
      });
      return toAnswer(response, await response.text());
    },
    close: async () => {},
  };
}

/** OAuth by hand: the token of a service principal, and the one call that says whose it is. */
async function askAsPrincipal(host: string, { client_id: id, client_secret: secret }: JsonObject): Promise<Answer> {
  const basic = Buffer.from(`${String(id)}:${String(secret)}`).toString('base64');
  const granted = await fetch(`${host}/oidc/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }),
  });
  if (!granted.ok) return toAnswer(granted, await granted.text());
  const { access_token: token } = (await granted.json()) as { access_token: string };
  const me = await fetch(`${host}/api/2.0/preview/scim/v2/Me`, { headers: { authorization: `Bearer ${token}` } });
  return toAnswer(me, await me.text());
}

interface Request {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

function exactRequest({ http: { method, path, body, headers = {} } }: HttpStep): Request {
  return { url: path, method, headers, ...(body === undefined ? {} : { body }) };
}

function callRequest({ call, with: given = {} }: CallStep): Request {
  const { method, path } = wireOf(call);
  const { contents: piece, contents_times: times, contents_base64: encoded, ...rest } = given;
  const contents = bytesOf(piece, { times, encoded });
  const url = path.replaceAll(/\{([a-z_]+)\}/g, (_whole, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return value.split('/').map(encodeURIComponent).join('/');
  });
  if (method === 'POST' || method === 'PATCH' || url.startsWith('/api/2.0/permissions/')) {
    if (method === 'GET') return { url, method, headers: {} };
    return { url, method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(rest) };
  }
  const query = new URLSearchParams(flat(rest)).toString();
  return {
    url: query === '' ? url : `${url}?${query}`,
    method,
    headers: contents === undefined ? {} : { 'content-type': 'application/octet-stream' },
    ...(contents === undefined ? {} : { body: contents }),
  };
}

function bytesOf(
  piece: Json | undefined,
  said: { times?: Json | undefined; encoded?: Json | undefined },
): string | Uint8Array<ArrayBuffer> | undefined {
  if (typeof said.encoded === 'string') return new Uint8Array(Buffer.from(said.encoded, 'base64'));
  return typeof piece === 'string' ? piece.repeat(Number(said.times ?? 1)) : undefined;
}

/** Nested query objects flatten to dotted keys. */
function flat(value: JsonObject, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, one]): [string, string][] => {
    if (Array.isArray(one)) return one.map((item) => [prefix + key, String(item)]);
    if (typeof one === 'object' && one !== null) return flat(one, `${prefix}${key}.`);
    return [[prefix + key, String(one)]];
  });
}

function toAnswer(response: Response, text: string): Answer {
  const body = parse(text);
  const wire = { status: response.status, headers: Object.fromEntries(response.headers), text };
  const length = response.headers.get('content-length');
  const etag = response.headers.get('etag');
  const seen = {
    ...body,
    ...(length === null ? {} : { content_length: Number(length) }),
    ...(etag === null ? {} : { etag: etag.replaceAll('"', '') }),
  };
  if (response.ok) return { body: typeof body === 'undefined' ? { ...seen, contents: text } : body, wire };
  const { error_code: code, message, error } = (body ?? {}) as Record<string, string | undefined>;
  return {
    body: body ?? {},
    wire,
    error: { status: response.status, code: code ?? error, message: message ?? text, isMissing: false },
  };
}

/** Only an object is an answer of the API; a file may hold anything. */
function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
