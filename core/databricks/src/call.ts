import type { Readable } from 'node:stream';
import type { CallOptions } from './databricks-client.ts';
import type { CallFamily } from './rates.ts';
import type { WireRequest, WireResponse } from './transport.ts';

/** One call of the API as data. */
export interface Call {
  method: WireRequest['method'];
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** JSON body; ids in it by `rawId`. */
  json?: Record<string, unknown>;
  /** Raw body; opened once per attempt. */
  bytes?: { open: () => Promise<Readable> | Readable | Uint8Array; size: number };
  family: CallFamily;
  /** Doing it twice does no harm. */
  repeatable: boolean;
  timeoutMs?: number;
}

export interface Caller {
  /** Parsed answer; `{}` for an empty one. */
  json(call: Call, options?: CallOptions): Promise<unknown>;
  /** Successful answer with its body unread: the caller reads or destroys it. */
  raw(call: Call, options?: CallOptions): Promise<WireResponse>;
}

/** For people and logs: `POST /api/2.2/jobs/run-now`. */
export function nameOf(call: Pick<Call, 'method' | 'path'>): string {
  return `${call.method} ${call.path}`;
}
