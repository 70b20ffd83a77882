import { SlowLaneError } from '@slowlane/contracts';
import type { ClientOptions } from './create-client.ts';
import { errorOfAnswer } from './error-of-answer.ts';

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Record<string, string | number | undefined> | undefined;
  headers?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  body?: NonNullable<RequestInit['body']>;
  contentType?: string;
  /** Without the token: the call needs none, or its link is the permission. */
  anonymous?: boolean;
  /** A status outside 2xx whose body is an answer and not a problem. */
  alsoStatus?: number;
  signal?: AbortSignal | undefined;
}

/** A schema of contracts, as far as the client uses it. */
export interface Parser<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
}

/** One HTTP call: sends, turns problems into errors, checks the answer. */
export interface Caller {
  json<T>(parser: Parser<T>, path: string, options?: CallOptions): Promise<T>;
  text(path: string, options?: CallOptions): Promise<string>;
  /** `path`, or an address as the service gave it. */
  open(path: string, options?: CallOptions): Promise<Response>;
}

export function createCaller(client: ClientOptions): Caller {
  const base = baseOf(client.url);
  const send = client.fetch ?? fetch;

  async function open(path: string, options: CallOptions = {}): Promise<Response> {
    const url = addressOf(base, path, options.query);
    const answer = await reach(url, () =>
      send(url, initOf(options, url.origin === base.origin ? client.token : undefined)),
    );
    if (answer.ok || answer.status === options.alsoStatus) return answer;
    throw await errorOfAnswer(answer, url);
  }

  async function text(path: string, options?: CallOptions): Promise<string> {
    const answer = await open(path, options);
    return await reach(base, () => answer.text());
  }

  return {
    open,
    text,
    json: async (parser, path, options) => {
      const parsed = parser.safeParse(valueOf(await text(path, options)));
      if (parsed.success) return parsed.data;
      throw new SlowLaneError(
        'platform.unexpected',
        `the answer of ${path} has another form than expected: ${parsed.error.message}`,
        {
          hint: 'Client and service may be of different versions.',
        },
      );
    },
  };
}

/** The JSON value of an answer; `undefined`, which no schema takes, for anything else. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function baseOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new SlowLaneError('config.invalid', `"${text}" is not the address of a Slow Lane`, {
    hint: 'Set SLOWLANE_URL to something like http://127.0.0.1:8080',
  });
}

function addressOf(base: URL, path: string, query: CallOptions['query']): URL {
  const url = path.startsWith('/') ? new URL(base.href.replace(/\/+$/, '') + path) : new URL(path, base);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function initOf(options: CallOptions, token: string | undefined): RequestInit {
  const headers = new Headers({ accept: 'application/json, application/problem+json, */*' });
  for (const [name, value] of Object.entries(options.headers ?? {})) if (value !== undefined) headers.set(name, value);
  if (token !== undefined && options.anonymous !== true) headers.set('authorization', `Bearer ${token}`);
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const contentType = options.json === undefined ? options.contentType : 'application/json';
  if (contentType !== undefined) headers.set('content-type', contentType);
  return {
    method: options.method ?? 'GET',
    headers,
    ...(body === undefined ? {} : { body }),
    // fetch sends a stream only when told that the answer may come before its end.
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

async function reach<T>(url: URL, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) throw error;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new SlowLaneError('cli.not-running', `no Slow Lane answers at ${url.origin}: ${reason}`, {
      cause: error,
      // What is elsewhere cannot be started from here.
      ...(isHere(url)
        ? {}
        : { hint: `Check the address in SLOWLANE_URL, and whether ${url.host} can be reached from here` }),
    });
  }
}

function isHere({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
