import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@slowlane/contracts';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Access } from './access.ts';
import type { EndpointDeps } from './endpoint-deps.ts';
import type { Readers } from './silent-readers.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface RouteContext {
  deps: EndpointDeps;
  access: Access;
  /** Aborted when the server begins to close: what streams must end then. */
  closing: AbortSignal;
  /** Clients of all live streams: those that do not read are cut off. */
  readers: Readers;
}

/** One file per route: schema per status, who may call it, one call. */
export type Route = (app: App, context: RouteContext) => void;

/** Problem documents that any route may answer with, for the OpenAPI document. */
export const problems = {
  '4xx': { description: 'The call is refused.', content: { 'application/problem+json': { schema: Problem } } },
  '5xx': { description: 'Not carried out.', content: { 'application/problem+json': { schema: Problem } } },
};
