import type { Readable } from 'node:stream';
import type { RequestRecord } from './request-lane.ts';

/** Links to results, and the bytes behind them. */
export interface ResultLinks {
  /** A path with expiry and signature (HMAC-SHA256 over request, file, expiry) for each result file. */
  links(request: RequestRecord, ttlMs: number): { name: string; size: number; href: string; expiresAt: number }[];
  /** Checks signature and expiry (`result.link-invalid`, `result.link-expired`), then opens the file. `etag` names exactly these bytes; `result.gone` when it is deleted. */
  open(
    requestId: string,
    name: string,
    query: { expires: string; signature: string },
  ): Promise<{ stream: Readable; size: number; contentType: string; etag?: string }>;
}

/** Live events for many listeners from one reader of the stream. */
export interface EventFeed {
  /**
   * Calls `listener` for every event of the request after `after` (missed ones first), until `close`. A listener that returns false is
   * too slow and is dropped.
   */
  subscribe(
    requestId: string,
    after: string | undefined,
    listener: (event: import('../events.ts').SlowLaneEvent) => boolean,
  ): Promise<{ close(): void }>;
}
