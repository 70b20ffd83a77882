export { type Admission, type AdmissionLimits, type Load, startAdmission } from './admission.ts';
export { buildEndpoint } from './build-endpoint.ts';
export type { EndpointDeps } from './endpoint-deps.ts';
export { createOidc, type Oidc, type OidcProvider } from './oidc.ts';
export { type Closing, closeGracefully } from './close-gracefully.ts';
