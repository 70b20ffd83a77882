export * from './fifo-pool.ts';
export * from './identity.ts';
export * from './inherited-descriptors.ts';
export * from './run.ts';
export * from './start-detached.ts';
export * from './start.ts';
export * from './terminate.ts';
