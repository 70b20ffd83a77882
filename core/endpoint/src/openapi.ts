import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { EndpointDeps } from './endpoint-deps.ts';
import { namedSchemas } from './named-schemas.ts';

/** The page and all it loads come from here; the browser refuses anything else. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** OpenAPI 3.1 at /openapi.json, from the schemas that also check the calls, and a page at /docs whose files all come from here. */
export async function serveOpenApi(
  app: FastifyInstance,
  deps: Pick<EndpointDeps, 'version' | 'publicUrl'>,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Slow Lane',
        description: 'From a git push to a registered Databricks job, and from a request to its result.',
        version: deps.version,
      },
      servers: [{ url: deps.publicUrl }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: namedSchemas }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry: namedSchemas }),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Slow Lane: the REST interface' },
    staticCSP: DOCS_CSP,
    // The badge would be loaded from, and would send the document to, a public validator.
    uiConfig: { validatorUrl: null },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
