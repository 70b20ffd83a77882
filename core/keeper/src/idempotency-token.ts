import { createHash } from 'node:crypto';

export interface AttemptName {
  workspace: string;
  requestId: string;
  index: number;
  attempt: number;
}

/** The token that makes one attempt one run: 64 hex digits, the longest that the Jobs API takes. A call that is repeated sends the same one again. */
export function idempotencyToken({ workspace, requestId, index, attempt }: AttemptName): string {
  return createHash('sha256').update(`${workspace}|${requestId}|${index}|${attempt}`).digest('hex');
}
