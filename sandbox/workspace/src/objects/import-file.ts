import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import { namesOfUrl } from '../files/api-path.ts';
import { detectNotebook } from './import-input.ts';
import { shownPath } from './object-path.ts';
import { maxContentBytes, type ObjectContext, storeObject } from './store-object.ts';

const prefix = '/api/2.0/workspace-files/import-file';
const maxFileBytes = 500 * 1_024 * 1_024;

/** The raw upload of one file. What could be a notebook is read whole, everything else is streamed. */
export function registerImportFile(app: FastifyInstance, context: ObjectContext): void {
  void app.register(async (files) => {
    files.removeAllContentTypeParsers();
    files.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    files.post(`${prefix}/*`, (request) => importFile(context, request));
  });
}

async function importFile(context: ObjectContext, request: FastifyRequest): Promise<object> {
  const path = shownPath(namesOfUrl(request.raw.url as string, prefix));
  const overwrite = (request.query as Record<string, string>).overwrite === 'true';
  const body = (request.body as Readable | undefined) ?? Readable.from([]);
  const limited = Readable.from(upTo(body, /\.(py|r|scala|sql|ipynb)$/i.test(path) ? maxContentBytes : maxFileBytes));
  if (!/\.(py|r|scala|sql|ipynb)$/i.test(path)) {
    await storeObject(context, { path, content: limited, overwrite }, 409);
    return {};
  }
  const content = Buffer.concat((await limited.toArray()) as Buffer[]);
  await storeObject(context, detectNotebook({ path, content, overwrite }), 409);
  return {};
}

async function* upTo(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes)
      throw new ApiError(413, 'MAX_NOTEBOOK_SIZE_EXCEEDED', `The file is larger than ${maxBytes} bytes.`);
    yield piece;
  }
}
