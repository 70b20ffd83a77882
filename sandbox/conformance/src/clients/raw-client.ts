import type { JsonObject } from '@slowlane/contracts';
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
      const { url, ...request } = 'http' in step ? exactRequest(step) : callRequest(step);
      const withoutToken = 'http' in step && step.http.withoutToken === true;
      const response = await fetch(host + url, {
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

interface Request {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
}

function exactRequest({ http: { method, path, body, headers = {} } }: HttpStep): Request {
  return { url: path, method, headers, ...(body === undefined ? {} : { body }) };
}

function callRequest({ call, with: given = {} }: CallStep): Request {
  const { method, path } = wireOf(call);
  const { contents, ...rest } = given;
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
    headers: typeof contents === 'string' ? { 'content-type': 'application/octet-stream' } : {},
    ...(typeof contents === 'string' ? { body: contents } : {}),
  };
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
  const seen = { ...body, ...(length === null ? {} : { content_length: Number(length) }) };
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
