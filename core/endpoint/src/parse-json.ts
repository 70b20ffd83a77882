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
      if (mayBeDeeperThan(text, MAX_DEPTH) && isDeeperThan(value, MAX_DEPTH)) {
        return done(new SlowLaneError('request.invalid', `body: nested deeper than ${MAX_DEPTH} levels`));
      }
      done(null, value);
    });
  });
}

function invalidJson(cause: Error): SlowLaneError {
  return new SlowLaneError('request.invalid', `body: not valid JSON: ${cause.message}`, { cause });
}

/** Whether the text has brackets enough: cheaper than a walk, and most have not. */
function mayBeDeeperThan(text: string, depth: number): boolean {
  let brackets = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code === 0x7b || code === 0x5b) && ++brackets > depth) return true;
  }
  return false;
}

/** Calls itself at most `depth` times. */
function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) {
    if (depth === 0 || isDeeperThan((value as Record<string, unknown>)[key], depth - 1)) return true;
  }
  return false;
}
