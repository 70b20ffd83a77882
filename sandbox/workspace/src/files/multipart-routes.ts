import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseInput } from '../http/parse-input.ts';
import { requestOrigin } from '../identity/request-origin.ts';
import { belowVolumes, namesOfPath } from './api-path.ts';
import { type Multipart, partNumber } from './multipart.ts';
import { AbortUrl, PartUrls } from './schema.ts';

export interface MultipartRoutesOptions {
  multipart: Multipart;
  publicUrl: () => string;
}

const uploads = '/slowlane-uploads';

/**
 * The calls between the beginning and the end of a large upload: links to which the parts go without a token, as to a cloud's storage.
 *
 * @see databricks-sdk-py `databricks/sdk/mixins/files.py`
 */
export function registerMultipart(app: FastifyInstance, { multipart, publicUrl }: MultipartRoutesOptions): void {
  const link = (request: FastifyRequest, token: string, more: string): string =>
    `${requestOrigin(request, publicUrl())}${uploads}/${token}${more}`;
  app.post('/api/2.0/fs/create-upload-part-urls', async (request) => {
    const { path, session_token: token, start_part_number: start, count } = parseInput(PartUrls, request.body);
    multipart.check(token, belowVolumes(namesOfPath(path)));
    const numbers = Array.from({ length: count }, (_none, index) => start + index);
    return {
      upload_part_urls: numbers.map((number) => ({
        url: link(request, token, `/${number}`),
        part_number: number,
        headers: [],
      })),
    };
  });
  app.post('/api/2.0/fs/create-abort-upload-url', async (request) => {
    const { path, session_token: token } = parseInput(AbortUrl, request.body);
    multipart.check(token, belowVolumes(namesOfPath(path)));
    return { abort_upload_url: { url: link(request, token, ''), headers: [] } };
  });
  void app.register(async (parts) => {
    parts.removeAllContentTypeParsers();
    parts.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    parts.put(`${uploads}/:token/:number`, { config: { open: true } }, async (request, reply) => {
      const { token, number } = request.params as { token: string; number: string };
      const etag = await multipart.putPart(
        token,
        partNumber(number),
        (request.body as Readable | undefined) ?? Buffer.alloc(0),
      );
      return reply.header('etag', `"${etag}"`).send();
    });
    parts.delete(`${uploads}/:token`, { config: { open: true } }, async (request) => {
      await multipart.abort((request.params as { token: string }).token);
      return {};
    });
  });
}
