import type { Readable } from 'node:stream';
import type { RequestRecord } from './request-lane.ts';

/** Links to results, and the bytes behind them. */
export interface ResultLinks {
  /** A path with expiry and signature (HMAC-SHA256 over request, file, expiry) for each result file. */
  links(request: RequestRecord, ttlMs: number): { name: string; size: number; href: string; expiresAt: number }[];
  /** Checks signature, expiry and revocations (`result.link-invalid`, `result.link-expired`, `result.link-revoked`), then opens the file. `etag` names exactly these bytes; `result.gone` when it is deleted. */
  open(
    requestId: string,
    name: string,
    query: { expires: string; signature: string; issued?: string | undefined },
  ): Promise<{ stream: Readable; size: number; contentType: string; etag?: string }>;
  /** Makes one link, or all links of the request that were made so far, worthless. Throws `result.link-invalid` for a link that is none of it. */
  revoke?(requestId: string, word: { by: string; link?: string }): Promise<void>;
}

/** Links that are not good any more, where they outlive Redis. Times in epoch ms. */
export interface LinkRevocations {
  /** `allUntil`: every link that was made then or before; `signatures`: the first 32 digits of single ones. */
  of(requestId: string): Promise<{ allUntil: number | undefined; signatures: string[] }>;
  revokeAll(requestId: string, word: { by: string; at: number }): Promise<void>;
  revoke(requestId: string, signature: string, word: { by: string; at: number }): Promise<void>;
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
