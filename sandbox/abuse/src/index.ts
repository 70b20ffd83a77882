export { abuseTable } from './abuse-table.ts';
export type { AbuseRow } from './abuse-table.ts';
export { abuseTests, holesByTest } from './abuse-tests.ts';
export type { AbuseTest } from './abuse-tests.ts';
export { attackDriver, findingsOf } from './attack-driver.ts';
export type { AttackOptions, Finding } from './bench.ts';
export { insideScript } from './from-inside.ts';
export { abuseMutants, failsOf } from './mutants.ts';
export { runAbuseMutant } from './run-abuse-mutant.ts';
