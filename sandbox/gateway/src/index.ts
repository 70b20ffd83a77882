/** Public door of sandbox/gateway: the only way out of a build. */
export { createGateway, type Gateway, type GatewayOptions, type HandleOptions } from './gateway.ts';
export { gatewayLimits, type GatewayLimits } from './limits.ts';
export { learnUpstreams, type LearnedUpstreams, type ToolPlaces } from './learn-upstreams.ts';
export type { GitCredential, GitKey } from './git-credentials.ts';
