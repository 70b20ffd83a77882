export { type Clock, systemClock } from './clock.ts';
export type * from './cluster.ts';
export { type DatabricksClientOptions, createDatabricksClient } from './create-databricks-client.ts';
export type * from './databricks-client.ts';
export { type RunEnd, type RunOutcome, outcomeOf } from './outcome-of.ts';
export type { CallFamily } from './rates.ts';
export type * from './run.ts';
export { inFolder, volumeStoreOf } from './volume-store-of.ts';
export { defaultRates } from './rates.ts';
