import { type ErrorCode, errorCodes, type Problem, SlowLaneError } from '@slowlane/contracts';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** What a failed call is answered with. */
export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
}

/**
 * The answer to whatever was thrown. A message reaches the client only below 500: what is ours is told by code, hint and correlation id,
 * and its text stays in our log.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemOf(thrown: unknown, correlationId: string): ProblemAnswer {
  const error = slowLaneErrorOf(thrown);
  const { status, summary } = errorCodes[error.code];
  const isOurs = status >= 500;
  return {
    problem: {
      type: `urn:slowlane:error:${error.code}`,
      title: summary,
      status,
      detail: isOurs ? summary : error.message,
      code: error.code,
      hint: isOurs ? errorCodes[error.code].hint : error.hint,
      correlationId,
      ...(isOurs || error.data === undefined ? {} : { data: error.data }),
    },
    headers: headersOf(error, status),
  };
}

/** Maps what Fastify and its parsers throw to our codes; anything unknown is ours. */
export function slowLaneErrorOf(thrown: unknown): SlowLaneError {
  if (thrown instanceof SlowLaneError) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) return invalidFields(thrown);
  const { code, statusCode, message } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown; message?: unknown };
  const known = typeof code === 'string' ? codeByFastify[code] : undefined;
  if (known !== undefined) return new SlowLaneError(known, String(message), { cause: thrown });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new SlowLaneError('request.invalid', String(message), { cause: thrown });
  }
  return new SlowLaneError('platform.unexpected', String(message ?? thrown), { cause: thrown });
}

const codeByFastify: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media-type',
};

interface FieldErrors {
  validation: { instancePath: string; message?: string | undefined }[];
  validationContext?: string | undefined;
}

function invalidFields(error: FieldErrors): SlowLaneError {
  const where = error.validationContext ?? 'body';
  const fields = error.validation.slice(0, 20).map(({ instancePath, message }) => ({
    field: `${where}${instancePath.replaceAll('/', '.')}`,
    message: message ?? 'not valid',
  }));
  const text = fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new SlowLaneError('request.invalid', text, { data: { fields } });
}

function headersOf(error: SlowLaneError, status: number): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  if (status === 416) return { 'content-range': `bytes */${String(error.data?.['size'] ?? '*')}` };
  if (status === 405) return { allow: String(error.data?.['allow'] ?? '') };
  const wait = { 'retry-after': String(retryAfter(error)) };
  if (error.code === 'request.rate') return { ...wait, ratelimit: `"caller";r=0;t=${retryAfter(error)}` };
  if (status === 503 || status === 429) return wait;
  return {};
}

function retryAfter(error: SlowLaneError): number {
  const seconds = error.data?.['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? Math.ceil(seconds) : 2;
}
