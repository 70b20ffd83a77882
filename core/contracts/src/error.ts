import { type ErrorCode, errorCodes } from './error-codes.ts';
import { scrub } from './scrub.ts';

/**
 * Whose failure it is: the author's or caller's (`user`), ours (`platform`), or one worth a repeat (`temporary`).
 * Only `temporary` is ever retried. The kind comes from the code, never from the text.
 */
export type FailureKind = 'user' | 'platform' | 'temporary';

export interface ErrorDetails {
  /** What the reader should do next; overrides the catalogue's hint. */
  hint?: string;
  cause?: unknown;
  /** Structured facts for programs (file, line, candidates, ...): plain JSON, scrubbed like the message. */
  data?: Record<string, unknown>;
}

/** The wire form of a failure: what is stored in state, sent in events and shown to people. */
export interface Failure {
  code: ErrorCode;
  kind: FailureKind;
  message: string;
  hint: string;
  data?: Record<string, unknown> | undefined;
}

/**
 * The only error that Slow Lane throws on purpose. The message names the offending value; `hint` says what to do.
 * Message, hint and data are scrubbed of secrets and control characters when the error is made.
 *
 * @example throw new SlowLaneError('pipeline.unknown-key', 'daily.yaml:3: unknown key "bulid"', { hint: 'did you mean "build"?' })
 */
export class SlowLaneError extends Error {
  override readonly name = 'SlowLaneError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly data: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(scrub(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = scrub(details.hint ?? errorCodes[code].hint);
    this.data =
      details.data === undefined
        ? undefined
        : (JSON.parse(scrub(JSON.stringify(details.data))) as Record<string, unknown>);
  }

  get kind(): FailureKind {
    return errorCodes[this.code].kind;
  }

  toFailure(): Failure {
    return { code: this.code, kind: this.kind, message: this.message, hint: this.hint, data: this.data };
  }

  static from(failure: Failure): SlowLaneError {
    return new SlowLaneError(failure.code, failure.message, {
      hint: failure.hint,
      ...(failure.data === undefined ? {} : { data: failure.data }),
    });
  }
}

/** Turns whatever was thrown into a stored failure; anything that is not ours is a platform fault with its text kept. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof SlowLaneError) return thrown.toFailure();
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new SlowLaneError('platform.unexpected', message, { cause: thrown }).toFailure();
}

export function isTemporary(thrown: unknown): boolean {
  return thrown instanceof SlowLaneError && thrown.kind === 'temporary';
}

export function isUserFault(thrown: unknown): boolean {
  return thrown instanceof SlowLaneError && thrown.kind === 'user';
}
