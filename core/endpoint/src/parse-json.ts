import { SlowLaneError } from '@slowlane/contracts';
import type { FastifyInstance } from 'fastify';

/** Deeper than any request document; a validator or a writer that calls itself per level would run out of stack. */
const MAX_DEPTH = 64;

/**
 * JSON bodies: keys that reach into prototypes are refused (`__proto__`, `constructor.prototype`), so is nesting without end. An empty body
 * is no body. No other media type is taken, unless a route says so.
 */
export function parseJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.trim() === '') return done(null, undefined);
    parse(request, text, (error, value) => {
      if (error !== null) return done(invalidJson(error));
      if (isDeeperThan(value, MAX_DEPTH)) {
        return done(new SlowLaneError('request.invalid', `body: nested deeper than ${MAX_DEPTH} levels`));
      }
      done(null, value);
    });
  });
}

function invalidJson(cause: Error): SlowLaneError {
  return new SlowLaneError('request.invalid', `body: not valid JSON: ${cause.message}`, { cause });
}

/** Calls itself at most `depth` times. */
function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) {
    if (depth === 0 || isDeeperThan((value as Record<string, unknown>)[key], depth - 1)) return true;
  }
  return false;
}
