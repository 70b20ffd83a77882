import type { FastifyInstance } from 'fastify';
import type { Logger } from '@slowlane/contracts';

/**
 * A refusal in the shape of the API that this server speaks. It is not a `SlowLaneError`: its codes and texts belong to Databricks,
 * and no text of ours may leak into them.
 *
 * @see https://docs.databricks.com/api/workspace/introduction (error handling)
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errorCode: string;
  readonly headers: Record<string, string>;

  constructor(status: number, errorCode: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.headers = headers;
  }
}

export function invalidParameter(message: string): ApiError {
  return new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
}

export function notImplemented(what: string): ApiError {
  return new ApiError(501, 'NOT_IMPLEMENTED', `${what} is not implemented by the local workspace.`);
}

/** Answers every failure, and every route that does not exist, as `{error_code, message}`. */
export function registerErrors(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) => {
    const missing = notImplemented(`${request.method} ${request.url.split('?')[0]}`);
    return reply.status(missing.status).send({ error_code: missing.errorCode, message: missing.message });
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const error = apiErrorOf(thrown, logger);
    return reply
      .status(error.status)
      .headers(error.headers)
      .type('application/json')
      .send({ error_code: error.errorCode, message: error.message });
  });
}

function apiErrorOf(thrown: unknown, logger: Logger): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const status = (thrown as { statusCode?: number }).statusCode;
  if (thrown instanceof Error && status !== undefined && status >= 400 && status < 500) {
    return new ApiError(status, 'MALFORMED_REQUEST', thrown.message);
  }
  // A run may keep what it wrote to a volume for itself; its uid is not ours.
  if ((thrown as NodeJS.ErrnoException).code === 'EACCES') {
    return new ApiError(403, 'PERMISSION_DENIED', 'The file or folder belongs to a run that does not share it.');
  }
  logger.error({ error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) }, 'call failed');
  return new ApiError(500, 'INTERNAL_ERROR', 'The local workspace failed; its log has the reason.');
}
