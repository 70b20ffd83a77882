import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';

const maxDepth = 200;
const formType = 'application/x-www-form-urlencoded';
const jsonTypes = ['application/json', formType];
const bytesOf = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * JSON bodies, also those that `curl --data` calls a form, as the vendor's own examples send them: UTF-8 without a wrong byte, at most 200 levels deep, without keys that would reach a prototype. Clients also send
 * `content-type: application/json` with no body on calls that need none.
 */
export function registerJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(jsonTypes, { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      checkType(request);
      const text = bytesOf.decode(body as Buffer);
      checkDepth(text);
      void parse(request, text, done);
    } catch (error) {
      done(error instanceof ApiError ? error : malformed('The body is not UTF-8.'));
    }
  });
}

/** A form is one where no JSON is spoken. */
function checkType({ headers, routeOptions }: FastifyRequest): void {
  const isForm = headers['content-type']?.toLowerCase().startsWith(formType) === true;
  if (isForm && routeOptions.url?.startsWith('/api/') !== true)
    throw new ApiError(415, 'MALFORMED_REQUEST', `Unsupported Media Type: ${formType}`);
}

/** Before the parse, which recurses: brackets outside texts are counted. */
function checkDepth(text: string): void {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (isInText) {
      if (char === '\\') i++;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === '[' || char === '{') {
      if (++depth > maxDepth) throw malformed(`The body is nested deeper than ${maxDepth} levels.`);
    } else if (char === ']' || char === '}') depth--;
  }
}

function malformed(message: string): ApiError {
  return new ApiError(400, 'MALFORMED_REQUEST', message);
}
