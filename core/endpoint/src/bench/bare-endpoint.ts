import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

const Body = z.object({ operation: z.string(), body: z.record(z.string(), z.unknown()) });

/** Fastify, zod and one call: what our accept is measured against. */
export async function bareEndpoint(add: (data: object) => Promise<string>): Promise<FastifyInstance> {
  const app = Fastify({ logger: false }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.post(
    '/v1/requests',
    { schema: { body: Body, response: { 202: z.object({ id: z.string() }) } } },
    async (request, reply) => {
      reply.code(202);
      return { id: await add(request.body) };
    },
  );
  await app.ready();
  return app as unknown as FastifyInstance;
}
