import type { Readable } from 'node:stream';
import { SourceStored } from '@slowlane/contracts';
import { problems, type Route } from '../route.ts';
import { storeSource } from '../store-source.ts';

export const createSource: Route = (app, { deps, access }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/gzip', 'application/x-gzip', 'application/octet-stream', 'application/x-tar'],
    async (_request: unknown, body: Readable) => body,
  );
  app.route({
    method: 'POST',
    url: '/v1/sources',
    onRequest: access.needs('build'),
    schema: {
      tags: ['builds'],
      summary: 'Upload a source archive (tar.gz)',
      description: 'Body: the bytes, as application/gzip. The digest of the answer is what a build names.',
      security: [{ token: [] }],
      consumes: ['application/gzip'],
      response: { 201: SourceStored, ...problems },
    },
    handler: async (request, reply) => {
      reply.code(201);
      return await storeSource(
        deps,
        request.body as Readable | undefined,
        Number(request.headers['content-length'] ?? 0),
      );
    },
  });
};
