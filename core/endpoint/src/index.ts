export { buildEndpoint } from './build-endpoint.ts';
export type { EndpointDeps } from './endpoint-deps.ts';
