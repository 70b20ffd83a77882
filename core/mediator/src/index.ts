export * from './create-mediator.ts';
export * from './gate-claim.ts';
export { mediate, type Mediated } from './mediate.ts';
export * from './operation-problem.ts';
export { validateBody } from './validate-body.ts';
export { applyDefaults } from './apply-defaults.ts';
export { splitParts } from './split-parts.ts';
