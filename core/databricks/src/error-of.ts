import { type ErrorCode, SlowLaneError } from '@slowlane/contracts';
import { readErrorBody } from './error-body.ts';

/** An error answer of the workspace. `call` is `POST /api/2.2/jobs/run-now`, for people. */
export interface ErrorAnswer {
  status: number;
  body: string;
  call: string;
  retryAfterMs: number | undefined;
}

/** The answer as our error: the vendor's code beats the status, and its own words are kept. */
export function errorOf({ status, body, call, retryAfterMs }: ErrorAnswer): SlowLaneError {
  const { errorCode, message } = readErrorBody(status, body);
  const label = errorCode === undefined ? `${status}` : `${status} ${errorCode}`;
  return new SlowLaneError(codeOf({ status, errorCode, message, call }), `${call}: ${label}: ${message}`, {
    data: { call, status, errorCode, retryAfterMs },
  });
}

interface Answered {
  status: number;
  errorCode: string | undefined;
  message: string;
  call: string;
}

function codeOf(answer: Answered): ErrorCode {
  if (isHiddenNotFound(answer)) return 'workspace.not-found';
  if (answer.status === 403 && badToken.test(answer.message)) return 'workspace.unauthenticated';
  if (answer.message.includes(emptyBucket)) return 'workspace.throttled';
  if (temporaryTexts.some((text) => answer.message.includes(text))) return 'workspace.unavailable';
  const { status, errorCode } = answer;
  if (errorCode !== undefined && byErrorCode.has(errorCode)) return byErrorCode.get(errorCode) as ErrorCode;
  return byStatus[status] ?? (status >= 502 ? 'workspace.unavailable' : 'workspace.rejected');
}

const byErrorCode = new Map<string, ErrorCode>([
  ['RESOURCE_DOES_NOT_EXIST', 'workspace.not-found'],
  ['RESOURCE_EXHAUSTED', 'workspace.throttled'],
  ['REQUEST_LIMIT_EXCEEDED', 'workspace.throttled'],
  ['TEMPORARILY_UNAVAILABLE', 'workspace.unavailable'],
  ['UNAUTHENTICATED', 'workspace.unauthenticated'],
  ['PERMISSION_DENIED', 'workspace.rejected'],
]);

const byStatus: Record<number, ErrorCode | undefined> = {
  401: 'workspace.unauthenticated',
  404: 'workspace.not-found',
  408: 'workspace.timeout',
  429: 'workspace.throttled',
  500: 'workspace.unavailable',
  504: 'workspace.timeout',
};

/** A wrong or expired token is answered with 403 PERMISSION_DENIED too, like a missing right; only the text tells them apart. */
const badToken = /\b(invalid access token|access token (is |has )?(expired|revoked|invalid))/i;

/** A refusal before any work, like a 429, whatever status it comes with. */
const emptyBucket = 'RPC token bucket limit has been exceeded';

/** Answers that mean "not now" by their text alone; the official clients carry the same list. */
const temporaryTexts = [
  'ClusterNotReadyException',
  'worker environment',
  'Please try again later or try a faster operation.',
];

/**
 * Three "not found" answers arrive as 400 INVALID_PARAMETER_VALUE; official clients tell them by their message too.
 *
 * @see databricks-sdk-py `databricks/sdk/errors/overrides.py`
 */
function isHiddenNotFound({ status, errorCode, message, call }: Answered): boolean {
  if (status !== 400 || errorCode !== 'INVALID_PARAMETER_VALUE') return false;
  return hiddenNotFound.some(({ path, text }) => call.includes(path) && text.test(message));
}

const hiddenNotFound = [
  { path: 'GET /api/2.2/jobs/get', text: /Job .{0,80} does not exist/ },
  { path: 'GET /api/2.2/jobs/runs/get', text: /Run .{0,80} does not exist|Run: .{0,80} in job: .{0,80} doesn't exist/ },
  { path: 'GET /api/2.1/clusters/get', text: /Cluster .{0,80} does not exist/ },
];
